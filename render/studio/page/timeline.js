// The timeline: what was dreamed so far, to be looked at again, marked, and gone on from.

import { duration, find, make, write } from "./dom.js";

export class Timeline {
  constructor(deck, live, socket, say) {
    this.deck = deck;
    this.socket = socket;
    this.say = say;
    this.slider = find(".scrub", deck);
    this.state = null;
    this.past = null; // the tick of before that one looks back at, from the moment that it is asked for
    this.asking = false;
    this.slider.addEventListener("input", () => this.scrub(Number(this.slider.value)));
    live.on((header) => this.show(header));
    this.fill();
  }

  update(state) {
    this.state = state;
    this.slider.max = Math.max(0, state.tick);
    if (!this.asking) this.past = state.scrub;
    this.slider.value = this.past ?? state.tick;
    const scrubs = state.scrub !== null;
    document.body.classList.toggle("scrubbing", scrubs);
    find(".back", this.deck).hidden = !scrubs;
    this.showMarks(state);
    this.fill();
  }

  /** A dream that is shown. */
  show({ tick, seconds, scrub }) {
    write(find(".clock", this.deck), duration(seconds, 1));
    if (this.past === null && (scrub || this.state?.scrub == null)) { // a page that comes while one looks back, too
      this.slider.max = Math.max(tick, Number(this.slider.max));
      this.slider.value = tick;
    }
    this.slider.setAttribute("aria-valuetext", `${duration(seconds, 1)}, dream ${tick}`);
    this.fill();
  }

  fill() {
    const { value, max } = this.slider;
    this.slider.style.setProperty("--share", `${max > 0 ? (100 * value) / max : 0}%`);
  }

  showMarks({ marks, tick }) {
    const made = JSON.stringify([marks, tick > 0]);
    const list = find(".marks", this.deck);
    if (made !== this.made) {
      this.made = made;
      list.replaceChildren(...marks.map((mark, number) => {
        const words = `${mark.name || `Mark ${number + 1}`}, ${duration(mark.seconds, 1)}`;
        return make("button", {
          type: "button", "aria-label": `${words}. Delete takes it away.`, title: words,
          onclick: () => this.scrub(mark.tick),
          onkeydown: ({ key }) => ["Delete", "Backspace"].includes(key) && this.socket.ask("unmark", { tick: mark.tick }).catch(this.say),
        });
      }));
    }
    marks.forEach((mark, number) => list.children[number].style.setProperty("left", `${(100 * mark.tick) / Math.max(1, tick)}%`));
  }

  /** Shows a tick of before. While one is asked for, only the newest wish waits. */
  async scrub(tick) {
    this.past = Math.min(Math.max(0, tick), this.state?.tick ?? 0);
    this.slider.value = this.past;
    this.fill();
    if (this.asking) return;
    this.asking = true;
    let asked = null;
    while (this.past !== null && this.past !== asked) {
      asked = this.past;
      await this.socket.ask("scrub", { tick: asked }).catch(this.say);
    }
    this.asking = false;
  }

  /** Looks back no longer; a wish that still waits is dropped. */
  leave() {
    this.past = null;
  }

  /** So many dreams back or on from what is shown. */
  step(ticks) {
    return this.scrub(Number(this.slider.value) + ticks);
  }
}
