// Matrices. A matrix is nine numbers, row by row: a projective move of Coords, as `Move.matrix` in picture/warp.py.
// Coords have their centre at 0; y runs from -1 at the top edge to 1 at the bottom edge, x in the same unit.

export const STILL = Object.freeze([1, 0, 0, 0, 1, 0, 0, 0, 1]);

/** The move `a` after the move `b`. */
export function multiply(a, b) {
  const product = new Array(9);
  for (let row = 0; row < 9; row += 3) {
    for (let column = 0; column < 3; column++) {
      product[row + column] = a[row] * b[column] + a[row + 1] * b[column + 3] + a[row + 2] * b[column + 6];
    }
  }
  return product;
}

/** The way back. */
export function inverse(m) {
  const [a, b, c, d, e, f, g, h, i] = m;
  const x = e * i - f * h, y = f * g - d * i, z = d * h - e * g;
  const determinant = a * x + b * y + c * z;
  return [x, c * h - b * i, b * f - c * e, y, a * i - c * g, c * d - a * f, z, b * g - a * h, a * e - b * d]
    .map((value) => value / determinant);
}

export const add = (a, b) => a.map((value, place) => value + b[place]);
export const subtract = (a, b) => a.map((value, place) => value - b[place]);
export const times = (m, factor) => m.map((value) => value * factor);

/** `share` of the way from `a` to `b`, number by number: for moves that are near each other. */
export const lerp = (a, b, share) => a.map((value, place) => value + share * (b[place] - value));

/** The move that a velocity makes in a unit of time. A power series on a sixteenth of it, squared four times. */
export function exponential(velocity) {
  const small = times(velocity, 1 / 16);
  let term = [...STILL], sum = [...STILL];
  for (let order = 1; order < 9; order++) {
    term = times(multiply(term, small), 1 / order);
    sum = add(sum, term);
  }
  for (let squares = 0; squares < 4; squares++) sum = multiply(sum, sum);
  return sum;
}

/** The velocity that makes a move near `STILL` in a unit of time: log(1 + d), up to the fourth power of d. */
export function logarithm(move) {
  const difference = subtract(times(move, 1 / move[8]), STILL);
  let power = difference, sum = difference;
  for (let order = 2; order < 5; order++) {
    power = multiply(power, difference);
    sum = add(sum, times(power, (order % 2 ? 1 : -1) / order));
  }
  return sum;
}

/** How much larger things are after an affine move; of a projective one, at the middle of the frame. */
export function scale(m) {
  const [a, b, c, d, e, f, g, h, i] = m;
  const x = c / i, y = f / i; // where the middle goes
  return Math.sqrt(Math.abs(((a - x * g) * (e - y * h) - (b - x * h) * (d - y * g)) / (i * i)));
}

/** How far a move is from none. */
export const departure = (m) => Math.max(...m.map((value, place) => Math.abs(value / m[8] - STILL[place])));

const GOLDEN = 4 * Math.log((1 + Math.sqrt(5)) / 2); // as in parts/motions.py
const LENS = 2;

/** What a motion at a value does to a point (x, y) away from the centre, as a velocity matrix in a second. */
const VELOCITIES = {
  zoom: (factor) => about(Math.log(Math.max(factor, 1e-3)), 0),
  rotate: (degrees) => about(0, degrees * Math.PI / 180),
  spiral: (turns) => about(turns * GOLDEN, turns * 2 * Math.PI),
  pan: ([right, down]) => [0, 0, 2 * right, 0, 0, 2 * down, 0, 0, 0],
  tilt: ([right, down]) => [0, 0, 0, 0, 0, 0, right * Math.PI / 180 / LENS, down * Math.PI / 180 / LENS, 0],
};

function about(growth, turn) {
  return [growth, -turn, 0, turn, growth, 0, 0, 0, 0];
}

/**
 * The velocity of a camera whose motions have these values ({zoom: 1.5, center: [0.5, 0.5], …}), in a second.
 * Motions that no matrix can say are left out: they come with the next dream.
 */
export function velocity(values, aspect) {
  const names = Object.keys(VELOCITIES).filter((name) => values[name] !== undefined);
  const sum = names.map((name) => VELOCITIES[name](values[name])).reduce(add, new Array(9).fill(0));
  const [x, y] = values.center ?? [0.5, 0.5];
  const cx = (2 * x - 1) * aspect, cy = 2 * y - 1;
  return multiply(multiply([1, 0, cx, 0, 1, cy, 0, 0, 1], sum), [1, 0, -cx, 0, 1, -cy, 0, 0, 1]);
}
