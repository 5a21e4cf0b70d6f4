// Handles. Every number that can move, made from the vocabulary: name, unit, range, meaning, and how the file moves it.

import { draw, figure, find, icon, make, whenFree, write } from "./dom.js";
import { fromShare, toShare } from "./hand.js";

const GROUPS = { motion: "Camera", dream: "Dream", look: "Look", flow: "Footage", source: "Source" };
const AXES = [[/\.0$/, ", across"], [/\.1$/, ", down"]];
const NOTCHES = 400; // of a slider
const REST = "Every number that can move. Drag, type, or let go again.";

export class Handles {
  constructor(panel, hand, midi) {
    this.panel = panel;
    this.hand = hand;
    this.midi = midi;
    this.rows = new Map(); // key -> what `row` returns
    this.moved = new Set();
    this.seconds = 0;
    this.learns = false;
    this.handles = [];
    this.show = whenFree(panel, () => this.list());
    midi.learned = () => this.showKnobs();
    hand.values.on((keys) => keys.forEach((key) => this.showValue(key)));
    panel.addEventListener("pointerover", ({ target }) => this.explain(target));
    panel.addEventListener("focusin", ({ target }) => {
      this.explain(target);
      this.wait(target);
    });
    panel.addEventListener("pointerdown", ({ target }) => this.wait(target));
    panel.addEventListener("pointerleave", () => write(find(".meaning", panel), REST));
  }

  /** Makes them all anew. */
  build(handles) {
    this.hand.handles = new Map(handles.map((handle) => [handle.key, handle]));
    this.handles = handles;
    this.show();
  }

  list() {
    const { handles } = this;
    const body = find(".body", this.panel), active = document.activeElement?.id, scrolled = body.scrollTop;
    this.rows.clear();
    const groups = Map.groupBy ? Map.groupBy(handles, ({ group }) => group) : grouped(handles);
    body.replaceChildren(...[...groups].flatMap(([group, members]) => [
      make("h3", {}, GROUPS[group] ?? `${group[0].toUpperCase()}${group.slice(1)}`),
      ...members.map((handle) => this.row(handle)),
    ]));
    body.scrollTop = scrolled;
    if (active) document.getElementById(active)?.focus({ preventScroll: true });
    handles.forEach(({ key }) => this.showValue(key));
    this.mark();
    this.showKnobs();
  }

  row(handle) {
    const { key, unit, low, high, whole, live, why, written, curve, moves } = handle, id = `handle-${key.replaceAll(".", "-")}`;
    const name = AXES.reduce((words, [axis, side]) => words.replace(axis, side), handle.name).replaceAll("_", " ");
    if (!live) {
      const row = make("div", { class: "handle", "data-key": key },
        make("div", { class: "head" }, make("span", {}, name)), make("p", { class: "why" }, why));
      this.rows.set(key, { handle, row });
      return row;
    }
    const span = handle.likely[1] - handle.likely[0];
    const slider = make("input", {
      type: "range", id, min: 0, max: whole ? span : NOTCHES, step: 1,
      oninput: () => this.hand.set({ [key]: fromShare(handle, slider.value / slider.max) }),
    });
    const number = make("input", {
      type: "number", "aria-label": `${name}, ${unit || "number"}`, min: low, max: high, step: whole ? 1 : "any",
      onchange: () => number.value !== "" && this.hand.set({ [key]: Number(number.value) }),
    });
    const free = make("button", {
      type: "button", class: "round", title: "Let go: as the file says", "aria-label": `Let go of ${name}: as the file says`, hidden: true,
      onclick: () => { slider.focus(); this.hand.release([key]).catch(() => {}); },
    }, icon("free"));
    const heard = make("span", { class: "heard", hidden: true });
    const line = moves && curve?.length > 1 ? sparkline(curve) : null;
    const row = make("div", { class: "handle", "data-key": key },
      make("div", { class: "head" }, make("label", { for: id }, name), heard, free, number, make("span", { class: "unit" }, unit)),
      line?.drawing ?? null, slider, moves ? make("p", { class: "written-as" }, String(written)) : null);
    this.rows.set(key, { handle, row, slider, number, free, heard, line });
    return row;
  }

  showValue(key) {
    const row = this.rows.get(key), value = this.hand.values.get(key);
    if (!row?.slider || value === undefined) return;
    const share = toShare(row.handle, value);
    const place = String(Math.round(share * row.slider.max));
    if (row.slider.value !== place) row.slider.value = place;
    row.slider.style.setProperty("--share", `${(100 * share).toFixed(1)}%`);
    row.slider.setAttribute("aria-valuetext", `${figure(value)} ${row.handle.unit}`.trim());
    if (document.activeElement !== row.number) row.number.value = figure(value);
  }

  /** Marks what is set here and not by the file, and where each curve is now. */
  update({ moved, seconds }) {
    this.moved = new Set(moved);
    this.seconds = seconds;
    this.mark();
  }

  mark() {
    for (const [key, { row, free, line }] of this.rows) {
      row.classList.toggle("moved", this.moved.has(key));
      if (free) free.hidden = !this.moved.has(key);
      line?.at(this.seconds);
    }
  }

  // ---- meaning

  explain(target) {
    const row = target.closest?.("[data-key]"), handle = row && this.rows.get(row.dataset.key)?.handle;
    if (!handle) return;
    const range = handle.low === null || handle.low === undefined ? "" : ` ${figure(handle.low)} to ${figure(handle.high)}${handle.unit ? ` ${handle.unit}` : ""}.`;
    const meaning = handle.meaning.replace(/\.?$/, ".");
    write(find(".meaning", this.panel), `${meaning[0].toUpperCase()}${meaning.slice(1)}${range}`);
  }

  // ---- MIDI

  async learn(button) {
    if (!this.learns) await this.midi.join();
    this.learns = !this.learns;
    this.midi.learning = null;
    button.setAttribute("aria-pressed", String(this.learns));
    write(find(".meaning", this.panel), this.learns ? "Choose a handle, then turn the knob that shall turn it." : REST);
    this.showKnobs();
  }

  wait(target) {
    const key = target.closest?.("[data-key]")?.dataset.key;
    if (!this.learns || !this.rows.get(key)?.slider) return;
    this.midi.learning = key;
    this.showKnobs();
  }

  showKnobs() {
    for (const [key, { row, heard }] of this.rows) {
      if (!heard) continue;
      const knob = this.midi.knob(key);
      row.classList.toggle("waits", this.midi.learning === key);
      heard.hidden = !knob;
      write(heard, knob ? `knob ${knob.split(".")[1]}` : "");
    }
  }
}

function grouped(handles) {
  const groups = new Map();
  for (const handle of handles) groups.set(handle.group, [...(groups.get(handle.group) ?? []), handle]);
  return groups;
}

/** A curve [[seconds, number], …] as a drawing, and `at` that moves its now. */
function sparkline(curve) {
  const seconds = curve.map(([second]) => second), numbers = curve.map(([, number]) => number);
  const [start, end, low, high] = [seconds[0], seconds.at(-1), Math.min(...numbers), Math.max(...numbers)];
  const x = (second) => 100 * Math.min(1, Math.max(0, (second - start) / (end - start || 1)));
  const points = curve.map(([second, number]) => `${x(second).toFixed(2)} ${(28 - 26 * ((number - low) / (high - low || 1))).toFixed(2)}`);
  const now = draw("line", { x1: 0, x2: 0, y1: 0, y2: 30 });
  const drawing = draw("svg", { class: "curve", viewBox: "0 0 100 30", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("path", { d: `M${points.join("L")}` }), now);
  return { drawing, at: (second) => ["x1", "x2"].forEach((name) => now.setAttribute(name, x(second))) };
}
