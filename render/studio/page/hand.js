// The hand. Pointer, wheel, touch and held keys become numbers that the server records: `set` is the one way there.

import { keep } from "./dom.js";

const PERIOD = 30; // milliseconds between two messages, at least
const WHEEL = 0.0006; // of the zoom's logarithm, for a pixel that a wheel rolls
const TURN = 0.05; // degrees a second, for such a pixel with shift
const REACH = 0.45; // of the frame, a second: how fast keys move the aim
const GROWTH = 0.5; // of the zoom's logarithm, a second of a key
const SPIN = 24; // degrees a second, a second of a key
const STEP = 0.3; // frame heights a second, while a key moves the picture
const AIM = ["motion.center.0", "motion.center.1"];

/** What a held key does: each second it changes a number by so much, or makes it so while it is held. */
const HELD = {
  ArrowLeft: { key: AIM[0], speed: -REACH }, ArrowRight: { key: AIM[0], speed: REACH },
  ArrowUp: { key: AIM[1], speed: -REACH }, ArrowDown: { key: AIM[1], speed: REACH },
  "+": { key: "motion.zoom", growth: GROWTH }, "=": { key: "motion.zoom", growth: GROWTH }, "-": { key: "motion.zoom", growth: -GROWTH },
  ",": { key: "motion.rotate", speed: -SPIN }, ".": { key: "motion.rotate", speed: SPIN },
  "shift ArrowLeft": { key: "motion.pan.0", value: STEP }, "shift ArrowRight": { key: "motion.pan.0", value: -STEP },
  "shift ArrowUp": { key: "motion.pan.1", value: STEP }, "shift ArrowDown": { key: "motion.pan.1", value: -STEP },
};

export class Hand {
  constructor(live, values, socket) {
    this.live = live;
    this.values = values;
    this.socket = socket;
    this.handles = new Map(); // key -> handle of the vocabulary
    this.take = ""; // whose objectives the handles are
    this.waiting = {}; // key -> number, to be sent
    this.sent = 0;
    this.planted = false; // whether the pointer leads the aim no more
    this.pressed = new Map(); // what is held, of HELD -> the key of the keyboard that holds it
    this.before = new Map(); // key -> what a number was that is another one only while something is held
    this.touches = new Map(); // pointer -> [x, y]
    this.drawn = 0;
    this.listen(live.picture.canvas);
    socket.before = () => this.send();
    requestAnimationFrame((now) => this.hold(now));
  }

  /** Sets numbers by their keys, within what they may be; `over` so many seconds of film. */
  set(numbers, over = 0) {
    if (over) this.send();
    for (const [key, number] of Object.entries(numbers)) {
      const handle = this.handles.get(key);
      if (!handle?.live) continue;
      const value = within(handle, number);
      this.values.set(key, value);
      this.live.touch(key);
      this.waiting[key] = value;
    }
    if (over) this.send({ over });
    else this.flush();
  }

  /** Multiplies, or adds where a number cannot be multiplied. */
  change(key, { speed = 0, growth = 0 }) {
    const value = this.values.get(key);
    if (value === undefined) return;
    this.set({ [key]: growth ? value * Math.exp(growth) : value + speed });
  }

  flush() {
    if (performance.now() - this.sent >= PERIOD) this.send();
    else this.later ??= setTimeout(() => { this.later = null; this.flush(); }, PERIOD);
  }

  /** Sends what waits. */
  send(fields = {}) {
    const values = this.waiting, keys = Object.keys(values);
    if (!keys.length) return;
    this.waiting = {};
    this.sent = performance.now();
    const answer = this.socket.ask("set", { values, take: this.take, ...fields });
    this.values.send(keys, answer);
  }

  /** The film's own numbers again, its expressions and all; all that are set here, where no keys are named. */
  release(keys = null) {
    const answer = this.socket.ask("release", keys ? { keys } : {});
    (keys ?? [...this.values.hand.keys()]).forEach((key) => this.values.hand.delete(key));
    return answer;
  }

  // ---- pointer, wheel, touch

  listen(canvas) {
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, ({ pointerId }) => this.touches.delete(pointerId));
    canvas.addEventListener("wheel", (event) => this.roll(event), { passive: false });
    canvas.addEventListener("click", (event) => event.pointerType === "mouse" && (this.planted = !this.planted));
  }

  place({ clientX, clientY }) {
    const box = this.live.picture.canvas.getBoundingClientRect();
    return [(clientX - box.left) / box.width, (clientY - box.top) / box.height].map((share) => Math.min(1, Math.max(0, share)));
  }

  aim([x, y]) {
    this.set({ [AIM[0]]: x, [AIM[1]]: y });
  }

  press(event) {
    if (event.pointerType === "mouse") return;
    this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    event.target.setPointerCapture(event.pointerId);
    if (this.touches.size === 1) this.aim(this.place(event));
  }

  move(event) {
    if (event.pointerType === "mouse") {
      if (!this.planted && !this.live.still()) this.aim(this.place(event));
      else if (event.buttons & 1) this.aim(this.place(event));
      return;
    }
    if (!this.touches.has(event.pointerId)) return;
    const before = spread(this.touches);
    this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.touches.size === 1) this.aim(this.place(event));
    else if (this.touches.size === 2) this.pinch(before, spread(this.touches));
  }

  /** Two fingers apart: faster in. Two fingers turned: it turns. */
  pinch(before, after) {
    this.change("motion.zoom", { growth: Math.log(after.width / before.width) });
    const turn = Math.atan2(Math.sin(after.angle - before.angle), Math.cos(after.angle - before.angle));
    this.change("motion.rotate", { speed: turn * 180 / Math.PI });
  }

  roll(event) {
    event.preventDefault();
    const pixels = (event.deltaY || event.deltaX) * (event.deltaMode ? 33 : 1) * (event.ctrlKey ? 6 : 1);
    if (event.shiftKey) this.change("motion.rotate", { speed: pixels * TURN });
    else this.change("motion.zoom", { growth: -pixels * WHEEL });
  }

  // ---- keys that are held

  /** Takes a key that is pressed; whether it is one that flies. */
  down(event) {
    const name = `${event.shiftKey && event.key.startsWith("Arrow") ? "shift " : ""}${event.key}`, held = HELD[name];
    if (!held) return false;
    if (this.pressed.has(name) || [...this.pressed.values()].includes(event.code)) return true; // it repeats itself
    this.pressed.set(name, event.code);
    if (held.value !== undefined) this.push(held);
    return true;
  }

  /** Makes a number another one for as long as something is held. */
  push({ key, value }) {
    if (!this.before.has(key)) this.before.set(key, this.values.get(key));
    this.set({ [key]: value });
  }

  /** A key of the keyboard is let go, whatever it means by now: shift may have been let go before it. */
  up({ code }) {
    for (const [name, by] of this.pressed) if (by === code) this.letGo(name);
  }

  letGo(name) {
    this.pressed.delete(name);
    const { key, value } = HELD[name];
    if (value === undefined) return;
    const other = [...this.pressed.keys()].map((still) => HELD[still]).find((still) => still.key === key && still.value !== undefined);
    if (other) return this.set({ [key]: other.value });
    this.set({ [key]: this.before.get(key) });
    this.before.delete(key);
  }

  rest() {
    for (const name of this.pressed.keys()) this.letGo(name);
  }

  hold(now) {
    requestAnimationFrame((next) => this.hold(next));
    const span = Math.min(0.1, (now - this.drawn) / 1000);
    this.drawn = now;
    for (const name of this.pressed.keys()) {
      const { key, speed = 0, growth = 0 } = HELD[name];
      if (speed || growth) this.change(key, { speed: speed * span, growth: growth * span });
    }
  }
}

/** A number as a handle may have it. */
export function within({ low, high, whole }, number) {
  const value = Math.min(high ?? number, Math.max(low ?? number, number));
  return whole ? Math.round(value) : Number(value.toPrecision(6));
}

function spread(touches) {
  const [[ax, ay], [bx, by] = [ax + 1, ay]] = [...touches.values()];
  return { width: Math.max(8, Math.hypot(bx - ax, by - ay)), angle: Math.atan2(by - ay, bx - ax) };
}

// ---- gamepads and MIDI

const DEAD = 0.12; // of a stick's way, in which it rests

/** A stick as far as it is pushed, softly at first. */
function stick(way = 0) {
  return Math.abs(way) < DEAD ? 0 : Math.sign(way) * ((Math.abs(way) - DEAD) / (1 - DEAD)) ** 2;
}

/** Asks the gamepads how they are held, as often as frames are shown. buttons: what each button does, by its number. */
export class Pads {
  constructor(hand, buttons) {
    this.hand = hand;
    this.buttons = buttons;
    this.down = new Set();
    this.last = 0;
    addEventListener("gamepadconnected", () => requestAnimationFrame((now) => this.ask(now)), { once: true });
  }

  ask(now) {
    requestAnimationFrame((next) => this.ask(next));
    const span = Math.min(0.1, (now - this.last) / 1000), hand = this.hand;
    this.last = now;
    for (const pad of navigator.getGamepads().filter(Boolean)) {
      const [x, y, turn, tilt] = [0, 1, 2, 3].map((axis) => stick(pad.axes[axis]));
      const growth = (pad.buttons[7]?.value ?? 0) - (pad.buttons[6]?.value ?? 0) - tilt;
      if (x) hand.change(AIM[0], { speed: x * REACH * 1.5 * span });
      if (y) hand.change(AIM[1], { speed: y * REACH * 1.5 * span });
      if (turn) hand.change("motion.rotate", { speed: turn * SPIN * 1.5 * span });
      if (growth) hand.change("motion.zoom", { growth: growth * GROWTH * span });
      pad.buttons.forEach(({ pressed }, button) => this.press(`${pad.index}.${button}`, pressed, this.buttons[button]));
    }
  }

  press(name, pressed, act) {
    if (pressed && !this.down.has(name)) act?.();
    this.down[pressed ? "add" : "delete"](name);
  }
}

/** Knobs of MIDI, each of which learned which handle it turns. knobs: "channel.number" -> key. */
export class Midi {
  constructor(hand, knobs) {
    this.hand = hand;
    this.knobs = knobs;
    this.learning = null; // the key that the next knob is for
    this.learned = () => {};
  }

  /** Raises an Error, in words for the user, where there is no MIDI. */
  async join() {
    if (this.access) return;
    if (!navigator.requestMIDIAccess) throw new Error("This browser has no MIDI. Chrome, Edge and Firefox do.");
    this.access = await navigator.requestMIDIAccess().catch(() => {
      throw new Error("The browser was not allowed to use MIDI.");
    });
    const listen = () => this.access.inputs.forEach((input) => (input.onmidimessage = ({ data }) => this.hear(data)));
    this.access.onstatechange = listen;
    listen();
  }

  /** A message of a controller: [0xb0 + channel, number, value 0..127]. */
  hear([status, number, value]) {
    if ((status & 0xf0) !== 0xb0) return;
    const knob = `${status & 0x0f}.${number}`;
    if (this.learning) {
      for (const [other, key] of Object.entries(this.knobs)) if (key === this.learning) delete this.knobs[other];
      this.knobs[knob] = this.learning;
      this.learning = null;
      keep("knobs", this.knobs);
      this.learned();
    }
    const handle = this.hand.handles.get(this.knobs[knob]);
    if (handle) this.hand.set({ [handle.key]: fromShare(handle, value / 127) });
  }

  /** The knob that turns a handle, or undefined. */
  knob(key) {
    return Object.keys(this.knobs).find((knob) => this.knobs[knob] === key);
  }
}

// ---- where a number lies in the range that a hand wants

/** 0..1 -> a number of the handle. */
export function fromShare({ likely: [low, high], log }, share) {
  return log ? low * (high / low) ** share : low + share * (high - low);
}

/** A number of the handle -> 0..1. */
export function toShare({ likely: [low, high], log }, number) {
  const share = log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low);
  return Math.min(1, Math.max(0, share || 0));
}
