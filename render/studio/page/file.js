// The film's file: faults in it in their place, what the hand changed and the file does not say, and how it is dreamed here.

import { figure, find, icon, make, whenFree } from "./dom.js";
import { Wish } from "./wish.js";

export class FilmFile {
  constructor(panel, note, socket, hand, say) {
    this.panel = panel;
    this.note = note; // where a fault is shown, over the picture
    this.socket = socket;
    this.hand = hand;
    this.values = hand.values;
    this.say = say;
    this.film = null;
    this.state = null;
    this.fault = null;
    this.made = "";
    this.governs = new Wish(false, () => this.show());
    this.show = whenFree(panel, () => this.build());
  }

  /** The server is there; of a fault it tells once more. */
  open(film) {
    this.film = film;
    this.mend();
  }

  update(state) {
    this.state = state;
    this.governs.tell(state.governor.on);
    this.show();
  }

  // ---- faults

  /** The file was saved with faults: the old film plays on. */
  fail(fault) {
    this.fault = fault;
    const close = make("button", { type: "button", class: "round", "aria-label": "Hide the fault", onclick: () => (this.note.hidden = true) }, icon("close"));
    this.note.replaceChildren(
      make("h2", {}, "The file has a fault; the film plays on as it was", close),
      make("pre", { tabindex: 0, role: "region", "aria-label": "The fault" }, fault.text.trim()));
    this.note.hidden = false;
    this.show();
  }

  mend() {
    const failed = this.fault;
    this.fault = null;
    this.note.hidden = true;
    this.note.replaceChildren();
    this.show();
    return Boolean(failed);
  }

  // ---- the panel

  build() {
    const { film, state, fault } = this;
    if (!film || !state) return;
    const { governor, unsaved, size, device, share, keeps_up: keepsUp } = state;
    const made = JSON.stringify([film, fault, governor, this.governs.value, state.recording, unsaved, size, device, Math.round(100 * share), keepsUp, unsaved.map((key) => this.values.get(key))]);
    if (made === this.made || this.panel.contains(document.activeElement) && document.activeElement.matches("select")) return;
    this.made = made;
    const body = find(".body", this.panel), focused = document.activeElement?.id;
    body.replaceChildren(
      make("p", {}, film.file ?? "This film has no file of its own; Record gives it one."),
      make("p", { class: "nothing" }, "Your own editor is the editor: what you save takes hold with the next dream, and a fault is shown here while the film plays on."),
      ...(fault ? [make("pre", { tabindex: 0, role: "region", "aria-label": "The fault in the file" }, fault.text.trim())] : []),
      make("h3", {}, "Set here, not in the file"),
      ...this.unsaved(unsaved, film),
      make("h3", {}, "How it is dreamed here"),
      ...this.governor(state, governor, device, share));
    if (focused) document.getElementById(focused)?.focus();
  }

  unsaved(keys, film) {
    if (!keys.length) return [make("p", { class: "nothing" }, "Nothing: the page and the file say the same.")];
    const rows = keys.map((key) => make("li", {}, make("code", {}, key), make("span", {}, figure(this.values.get(key) ?? NaN))));
    const write = make("button", {
      type: "button", class: "main", id: "write", disabled: !film.file,
      onclick: () => this.socket.ask("write", {}).then(() => this.say({ text: "Written into the file, comments kept." }), this.say),
    }, "Write into the file");
    const free = make("button", {
      type: "button", class: "pill", id: "free-all", onclick: () => this.hand.release().catch(this.say),
    }, icon("free"), "Let go of all");
    return [make("ul", { class: "keys-unsaved" }, rows), make("div", { class: "group" }, write, free)];
  }

  governor(state, { size, steps, octaves, because }, device, share) {
    const governs = make("input", { type: "checkbox", id: "governs", checked: this.governs.value, disabled: state.recording, onchange: () => this.govern(governs.checked) });
    const sizes = ["auto", "160x90", "256x144", "320x180", "480x270", "640x360", "960x540"];
    const now = state.size.join("x");
    const select = make("select", { id: "live-size", onchange: () => this.socket.ask("size", { size: select.value }).catch(this.say) },
      [...new Set([now, ...sizes])].map((value) => make("option", { value }, value === "auto" ? "as large as keeps up" : value.replace("x", "×"))));
    return [
      make("p", {}, `${size.replace("x", "×")}, ${count(steps, "step")}, ${count(octaves, "octave")} on ${device}.${because ? ` ${because[0].toUpperCase()}${because.slice(1).replace(/\.?$/, ".")}` : ""}`),
      make("p", { class: "nothing" }, `${state.dreams.toFixed(1)} dreams a second; ${Math.round(100 * share)} % of a tick is not dreaming.`),
      make("label", { class: "field" }, make("span", {}, "Size here: a cut, the film begins anew"), select),
      make("label", { class: "group" }, governs, "May change steps and octaves, so that dreams keep up"),
    ];
  }

  govern(on) {
    const answer = this.socket.ask("govern", { on });
    this.governs.want(on, answer);
    answer.catch(this.say);
  }
}

function count(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
