// The timeline: what was dreamed so far, to be looked at again, marked, and gone on from.

import { duration, find, make, write } from "./dom.js";
import { Wish } from "./wish.js";

export class Timeline {
  constructor(deck, live, socket, say) {
    this.deck = deck;
    this.socket = socket;
    this.say = say;
    this.slider = find(".scrub", deck);
    this.state = null;
    this.past = new Wish(null, () => this.look()); // the tick of before that one looks back at
    this.asking = false;
    this.slider.addEventListener("input", () => this.scrub(Number(this.slider.value)));
    live.on((header) => this.show(header));
    this.fill();
  }

  update(state) {
    this.state = state;
    this.slider.max = Math.max(0, state.tick);
    this.past.tell(state.scrub);
    this.look();
    this.showMarks(state);
  }

  /** The slider, and the ways out of looking back. */
  look() {
    const past = this.past.value;
    this.slider.value = past ?? this.state?.tick ?? 0;
    document.body.classList.toggle("scrubbing", past !== null);
    find(".back", this.deck).hidden = past === null;
    this.fill();
  }

  /** A dream that is shown. */
  show({ tick, seconds, scrub }) {
    write(find(".clock", this.deck), duration(seconds, 1));
    if (this.past.value === null && (scrub || this.state?.scrub == null)) { // a page that comes while one looks back, too
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
          onkeydown: ({ key }) => ["Delete", "Backspace"].includes(key) && this.socket.ask("unmark", this.at(mark.tick)).catch(this.say),
        });
      }));
    }
    marks.forEach((mark, number) => list.children[number].style.setProperty("left", `${(100 * mark.tick) / Math.max(1, tick)}%`));
  }

  /** Shows a tick of before. While one is asked for, only the newest wish waits. */
  scrub(tick) {
    const past = Math.min(Math.max(0, tick), Number(this.slider.max));
    if (this.asking) this.past.become(past);
    else this.past.want(past, this.ask(past));
  }

  async ask(past) {
    this.asking = true;
    for (let asked = null; past !== null && past !== asked; past = this.past.value) {
      asked = past;
      await this.socket.ask("scrub", this.at(past)).catch(this.say);
    }
    this.asking = false;
  }

  /** A tick as an order names it: of the take that is shown, since another has other ticks. */
  at(tick) {
    return { tick, take: this.state?.take };
  }

  /** The tick that one looks back at, as an order names it; nothing where one looks at the newest. */
  get place() {
    return this.past.value === null ? {} : this.at(this.past.value);
  }

  /** So many dreams back or on from what is shown. */
  step(ticks) {
    return this.scrub(Number(this.slider.value) + ticks);
  }
}
