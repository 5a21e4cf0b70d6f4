// Values. What each number is now, was at a tick, and is by the hand although no dream knows of it yet.

const REMEMBERED = 64; // ticks

export class Values {
  constructor() {
    this.now = {}; // key -> number, of the newest tick
    this.history = []; // [tick, {key: number}] of those that changed, oldest first
    this.hand = new Map(); // key -> {number, known: whether the server has answered, and what it tells from now on counts}
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
    const known = [...this.hand.keys()].filter((key) => this.hand.get(key).known);
    known.forEach((key) => this.hand.delete(key));
    this.listeners.forEach((act) => act([...new Set([...Object.keys(values), ...known])]));
  }

  /** A number set by the hand. */
  set(key, number) {
    this.hand.set(key, { number, known: false });
    this.listeners.forEach((act) => act([key]));
  }

  /** Numbers that the hand set are on their way. answer: a promise, kept or broken once the server has heard them. */
  send(keys, answer) {
    const sent = keys.map((key) => this.hand.get(key)).filter(Boolean), hear = () => sent.forEach((entry) => (entry.known = true));
    answer.then(hear, hear);
  }

  /** A number as the hand has it. */
  get(key) {
    return this.hand.get(key)?.number ?? this.now[key];
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
