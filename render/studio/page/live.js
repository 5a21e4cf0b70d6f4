// The live picture. Dreams come some times a second, frames are made as often as the display shows them: those between two
// dreams, one tick behind the newest, and moved on top of that by what the hand does and no dream knows of yet.

import { add, departure, exponential, inverse, lerp, logarithm, multiply, STILL, subtract, times, velocity } from "./matrix.js";
import { camera } from "./values.js";

const KEPT = 4; // dreams: two that a frame lies between, and what came early
const FIRST_PACE = 0.15; // seconds from dream to dream, until it is measured
const HASTE = 2; // a second: how firmly what is shown follows what has come
const LET_GO = 1.2; // seconds in which a move by the hand passes over to the dreams
const FARTHEST = 0.6; // how far the hand may lead the dreams, of a matrix's numbers
const SLOW = 45, QUICK = 14; // milliseconds for a frame, above and below which the canvas has fewer or more pixels
const HOPELESS = 400; // milliseconds for a frame, lately, above which none are made between dreams
const LATEST = 1000; // of one frame, as far as it counts: a pause is none
const LARGEST = 2560; // pixels across

const AS_IT_IS = { colorSpaceConversion: "none", premultiplyAlpha: "none" }; // how a dream's pictures are decoded

/** What came over the socket: {header, mesh, mask, still, jpeg}; the mask and what stands still are null where there is no mask. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  const [columns, rows, steps] = header.mesh_size ?? [];
  const mesh = header.mesh ? { columns, rows, steps, numbers: new Float32Array(buffer, start, header.mesh / 4) } : null;
  let place = start + header.mesh;
  const [mask, still, jpeg] = [header.mask, header.still, buffer.byteLength - place - header.mask - header.still].map((bytes) => {
    place += bytes;
    return bytes ? new Blob([new Uint8Array(buffer, place - bytes, bytes)], { type: "image/jpeg" }) : null;
  });
  return { header, mesh, mask, still, jpeg };
}

/** What takes the two dreams beside a frame to it, `u` of the way along the path of the later one. */
export function movesAt(path, u) {
  if (!path.length) return { before: STILL, after: STILL };
  const place = u * path.length, step = Math.min(Math.floor(place), path.length - 1);
  const before = lerp(step ? path[step - 1] : STILL, path[step], place - step);
  return { before, after: multiply(before, inverse(path.at(-1))) };
}

export class Live {
  /** socket, values: as the page's. still: shows each dream as it is, for those who want no motion. */
  constructor(picture, socket, values, { still = () => false } = {}) {
    this.picture = picture;
    this.socket = socket;
    this.values = values;
    this.still = still;
    this.dreams = []; // oldest first, each with its header
    this.place = 0; // of the frame that is shown among all dreams that came, a number that grows
    this.came = 0; // dreams
    this.pace = FIRST_PACE;
    this.newest = 0; // when the newest came, seconds
    this.playing = true;
    this.hand = STILL; // what the hand did that no dream knows of yet
    this.touched = new Set(); // keys that the hand moves
    this.drawn = 0; // when a frame was drawn last, seconds
    this.cost = 20; // milliseconds from frame to frame, lately
    this.fineness = 1; // of the canvas, in pixels of the display
    this.wait = 0; // milliseconds that frames took lately, every second of which may come at once behind one that was late
    this.plain = false; // whether dreams are shown as they are: a machine that cannot do more keeps its controls quick
    this.latest = null; // a dream that waits to be decoded
    this.busy = false;
    this.dirty = true;
    this.listeners = [];
    this.space = [1, 1]; // of the page for the picture, CSS pixels
    socket.on("dream", (buffer) => this.receive(buffer));
    document.addEventListener("visibilitychange", () => this.decode());
    requestAnimationFrame((now) => this.frame(now));
  }

  /** Calls `act` with the header of each dream that is there to be shown. */
  on(act) {
    this.listeners.push(act);
  }

  /** A number that the hand moves, and the picture follows at once. */
  touch(key) {
    this.touched.add(key);
  }

  // ---- dreams come

  receive(buffer) {
    if (this.latest) this.acknowledge(this.latest); // two came while nobody looked: the newest wins
    this.latest = unpack(buffer);
    this.decode();
  }

  acknowledge({ header }) {
    this.socket.send("ack", { serial: header.serial });
  }

  async decode() {
    if (this.busy || !this.latest || document.hidden) return;
    this.busy = true;
    const dream = this.latest;
    this.latest = null;
    try {
      const pictures = [dream.jpeg, dream.mask, dream.still].map((blob) => blob && createImageBitmap(blob, AS_IT_IS));
      this.take(dream, ...(await Promise.all(pictures)));
    } catch {
      // a picture that cannot be read is left out; the next one comes
    }
    this.acknowledge(dream);
    this.busy = false;
    this.decode();
  }

  take({ header, mesh }, bitmap, mask, still) {
    if (this.picture.lost) this.dreams = [];
    const last = this.dreams.at(-1), now = performance.now() / 1000;
    const follows = last && !header.cut && !header.scrub && last.header.take === header.take && last.header.tick < header.tick
      && last.width === bitmap.width && last.height === bitmap.height;
    if (!follows) this.forget();
    const dream = { ...this.picture.put(bitmap, { fine: header.fine, mesh: follows ? mesh : null, mask, still }), header, place: ++this.came };
    for (const decoded of [bitmap, mask, still]) decoded?.close();
    dream.path = follows ? over(header.path, header.tick - last.header.tick) : [];
    this.dreams.push(dream);
    while (this.dreams.length > KEPT) this.picture.drop(this.dreams.shift());
    if (follows) this.pace += 0.25 * (Math.min(now - this.newest, 4) - this.pace);
    else this.place = this.came;
    this.newest = now;
    this.dirty = true;
    this.listeners.forEach((act) => act(header));
  }

  forget() {
    this.dreams.forEach((dream) => this.picture.drop(dream));
    this.dreams = [];
    this.hand = STILL;
    this.plain = false;
    this.wait = 0;
  }

  // ---- frames are shown

  get header() {
    return this.dreams.at(-1)?.header ?? null;
  }

  /** Whether there are frames between dreams. */
  get moves() {
    return !this.plain && !this.still();
  }

  frame(milliseconds) {
    requestAnimationFrame((now) => this.frame(now));
    const now = milliseconds / 1000, passed = Math.max(0, now - this.drawn), span = Math.min(0.25, passed);
    this.drawn = now;
    if (!this.dreams.length || this.picture.lost) return;
    this.advance(span);
    this.lead(span);
    if (!this.dirty) return;
    this.adapt(span * 1000);
    this.watch(passed * 1000);
    this.draw();
  }

  /** Goes on in time, as far as dreams have come. */
  advance(span) {
    const before = this.place, waited = Math.min(1, (performance.now() / 1000 - this.newest) / this.pace);
    const wanted = this.came - 1 + waited;
    const speed = Math.max(0, 1 / this.pace + HASTE * (wanted - this.place));
    this.place = this.moves ? Math.min(this.came, Math.max(this.came - KEPT + 1, this.place + span * speed)) : this.came;
    if (this.place !== before) this.dirty = true;
  }

  /** What the hand does beyond what is shown moves the picture at once, and passes over to the dreams when they have it. */
  lead(span) {
    const before = this.hand, { after, header } = this.beside(), aspect = header.size[0] / header.size[1];
    const tick = (after?.header ?? header).tick - 1;
    const moved = this.playing && !header.scrub && this.moves
      && [...this.touched].some((key) => this.values.get(key) !== this.values.at(tick, key));
    if (moved) {
      const then = (key) => this.values.at(tick, key);
      const now = (key) => (this.touched.has(key) ? this.values.get(key) : then(key));
      const ahead = subtract(velocity(camera(now), aspect), velocity(camera(then), aspect));
      const pace = this.header.rate ? 1 / (this.header.rate * this.pace) : 1; // seconds of film in one of the clock
      this.hand = multiply(exponential(times(ahead, span * Math.min(1, pace))), this.hand);
    }
    const share = Math.exp(-span / Math.max(LET_GO, 2 * this.pace));
    this.hand = lerp(STILL, times(this.hand, 1 / this.hand[8]), share);
    const far = departure(this.hand);
    if (far > FARTHEST) this.hand = lerp(STILL, this.hand, FARTHEST / far);
    if (far < 2e-4 && !moved) this.hand = STILL;
    if (this.hand !== before && departure(add(STILL, subtract(this.hand, before))) > 1e-6) this.dirty = true;
  }

  /** The dreams that the frame lies between, and how far it is from one to the other. */
  beside() {
    if (!this.moves) return { before: this.dreams.at(-1), after: null, u: 0, header: this.header };
    const after = this.dreams.find((dream) => dream.place >= this.place) ?? this.dreams.at(-1);
    const before = this.dreams.find((dream) => dream.place === after.place - 1);
    if (!before) return { before: after, after: null, u: 0, header: after.header };
    return { before, after, u: Math.max(0, this.place - before.place), header: before.header };
  }

  draw() {
    const { before, after, u } = this.beside(), { border } = (after ?? before).header;
    const moves = movesAt(after?.path ?? [], u);
    this.picture.draw({ before, after, u, moves, border, hand: this.hand });
    this.dirty = false;
  }

  // ---- the canvas

  /** Fits the canvas into a space of the page, CSS pixels. */
  fit(width, height) {
    this.space = [width, height];
    const canvas = this.picture.canvas, [across, down] = this.header?.size ?? [16, 9];
    const scale = Math.min(width / across, height / down);
    canvas.style.setProperty("width", `${Math.round(across * scale)}px`);
    canvas.style.setProperty("height", `${Math.round(down * scale)}px`);
    const wide = Math.min(LARGEST, Math.max(across, across * scale * devicePixelRatio * this.fineness));
    const pixels = [Math.round(wide), Math.round(wide / across * down)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    this.dirty = true;
  }

  /** Where even a canvas of few pixels is far too slow, dreams are shown as they are, until the film begins anew. */
  watch(milliseconds) {
    this.wait += 0.2 * (Math.min(milliseconds, LATEST) - this.wait);
    if (this.wait > HOPELESS) [this.plain, this.hand] = [true, STILL];
  }

  /** Where the machine is slow the canvas has fewer pixels, down to the dream's own, and more again where it is quick. */
  adapt(milliseconds) {
    this.cost += 0.05 * (milliseconds - this.cost);
    const finer = this.cost < QUICK && this.fineness < 1, coarser = this.cost > SLOW && this.fineness > 0.15;
    if (!finer && !coarser) return;
    this.fineness = Math.min(1, this.fineness * (finer ? 1.25 : 0.7));
    this.cost = (SLOW + QUICK) / 2;
    this.fit(...this.space);
  }
}

/** A path, where as many ticks were left out as come before its own: as if they had gone the same way. */
function over(path, ticks) {
  if (ticks <= 1 || !path.length) return path;
  const whole = times(logarithm(path.at(-1)), ticks);
  return path.map((_, step) => exponential(times(whole, (step + 1) / path.length)));
}
