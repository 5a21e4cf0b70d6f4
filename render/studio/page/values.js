// Values. What each number is now, was at a tick, and is by the hand although no dream knows of it yet.

const REMEMBERED = 64; // ticks
const PATIENCE = 1500; // milliseconds in which the server takes up what a hand set

export class Values {
  constructor() {
    this.now = {}; // key -> number, of the newest tick
    this.history = []; // [tick, {key: number}] of those that changed, oldest first
    this.hand = new Map(); // key -> [number, when it was set]
    this.listeners = [];
  }

  /** Calls `act` with the keys that changed. */
  on(act) {
    this.listeners.push(act);
  }

  /** Numbers as they are from that tick on, from the server. */
  take(tick, values) {
    while (this.history.length && this.history.at(-1)[0] > tick) this.history.pop();
    this.history.push([tick, values]);
    if (this.history.length > REMEMBERED) {
      const [[, oldest], [later, next]] = this.history.splice(0, 2);
      this.history.unshift([later, { ...oldest, ...next }]);
    }
    Object.assign(this.now, values);
    for (const [key, [number, when]] of this.hand) {
      if (Math.abs(this.now[key] - number) < 1e-9 || performance.now() - when > PATIENCE) this.hand.delete(key);
    }
    this.listeners.forEach((act) => act(Object.keys(values)));
  }

  /** A number set by the hand. */
  set(key, number) {
    this.hand.set(key, [number, performance.now()]);
    this.listeners.forEach((act) => act([key]));
  }

  /** A number as the hand has it. */
  get(key) {
    return this.hand.get(key)?.[0] ?? this.now[key];
  }

  /** A number as it was at a tick. */
  at(tick, key) {
    const row = this.history.findLast(([then, values]) => then <= tick && key in values);
    return row ? row[1][key] : this.now[key];
  }
}

/** The camera's values, {zoom: 1.5, pan: [0, 0], …}, from numbers by their keys. */
export function camera(number) {
  const pair = (name) => [number(`motion.${name}.0`), number(`motion.${name}.1`)];
  const values = {};
  for (const name of ["zoom", "rotate", "spiral"]) values[name] = number(`motion.${name}`);
  for (const name of ["pan", "tilt", "center"]) values[name] = pair(name);
  for (const [name, value] of Object.entries(values)) if ([value].flat().some((part) => part === undefined)) delete values[name];
  return values;
}
