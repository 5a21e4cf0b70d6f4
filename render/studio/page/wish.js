// Wishes. What the server rules and a hand turns: as it was asked for, from that moment on; as it is told, when nothing is asked.

export class Wish {
  /** changed: called whenever the value is another one. */
  constructor(value, changed = () => {}) {
    this.value = value;
    this.told = value;
    this.changed = changed;
    this.asked = 0; // orders on their way: what is told meanwhile may be from before them
  }

  /** As the server tells it. */
  tell(value) {
    this.told = value;
    if (!this.asked) this.become(value);
  }

  /** As it is asked for. answer: a promise, kept or broken once the server has told what came of it. */
  want(value, answer) {
    this.asked++;
    this.become(value);
    const free = () => --this.asked || this.become(this.told);
    answer.then(free, free);
  }

  become(value) {
    if (value === this.value) return;
    this.value = value;
    this.changed();
  }
}
