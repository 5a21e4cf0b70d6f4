// Films: flights that were kept, and renderings of them, which play in the page when they are done.

import { duration, find, icon, make, recall, keep, whenFree } from "./dom.js";

const SIZES = [[720, "720p", "720p"], [1080, "1080p", "1080p"], [1440, "1440p", "1440p"], [2160, "4k", "4K"]]; // height, value, words
const QUALITIES = [["final", "Final"], ["flown", "As flown"], ["draft", "Draft"]];
const STAGES = { queued: "waits", dreaming: "dreams", developing: "is developed", done: "done", failed: "failed", cancelled: "stopped" };
const SO_FAR = "";

export class Films {
  constructor(panel, room, socket, say, still) {
    this.panel = panel;
    this.room = room;
    this.socket = socket;
    this.say = say;
    this.still = still;
    this.form = find(".order", panel);
    this.jobs = [];
    this.flights = [];
    this.played = new Set(); // jobs whose film was shown, or was there before this page
    this.joins = true; // whether the next word of jobs is the first that this server says
    this.pixels = new Map(); // name of a flight -> what it is to be thinned to
    this.state = null;
    fill(this.form.elements.quality, QUALITIES, recall("quality"));
    this.form.addEventListener("submit", (event) => this.order(event));
    room.addEventListener("close", () => room.open || room.replaceChildren()); // "close" comes a moment late: another film may be open by then
    this.kept = [];
    const list = (name, show) => whenFree(find(name, panel), show);
    this.showFlights = list(".flights", () => this.listFlights());
    this.showJobs = list(".jobs", () => this.listJobs());
    this.showKept = list(".kept", () => this.listKept());
    this.showFlights();
    this.showJobs();
    this.showKept();
  }

  /** The server is there, perhaps another one than before. */
  join() {
    this.joins = true;
  }

  update(state) {
    this.state = state;
    const [width, height] = state.size, [filmWidth, filmHeight] = state.film_size;
    const sizes = new Map([[`${width}x${height}`, `${width}×${height}, as flown`], [`${filmWidth}x${filmHeight}`, `${filmWidth}×${filmHeight}, the film's`], ...larger(width, height)]);
    const made = JSON.stringify([...sizes]);
    if (made !== this.sizes) fill(this.form.elements.size, [...sizes], this.form.elements.size.value || recall("size") || larger(width, height)[1]?.[0]);
    this.sizes = made;
    if (JSON.stringify(state.flights) !== JSON.stringify(this.flights)) {
      this.flights = state.flights;
      this.showFlights();
    }
  }

  async order(event) {
    event.preventDefault();
    if (this.ordering) return; // a second press, before the first is answered
    this.ordering = true;
    const { flight, size, quality } = this.form.elements;
    keep("quality", quality.value);
    keep("size", size.value);
    await this.socket.ask("render", { flight: flight.value || null, size: size.value, quality: quality.value }).catch(this.say);
    this.ordering = false;
  }

  // ---- flights

  listFlights() {
    const options = [[SO_FAR, "The flight so far"], ...this.flights.map(({ name }) => [name, name])];
    fill(this.form.elements.flight, options, this.form.elements.flight.value);
    const list = find(".flights", this.panel);
    if (!this.flights.length) list.replaceChildren(make("li", { class: "nothing" }, "None yet. Record one, and stop: it becomes a film's file and a table."));
    else list.replaceChildren(...this.flights.map((flight) => this.flight(flight)));
  }

  flight({ name, yaml, csv, ticks, seconds, size }) {
    const pixels = make("input", {
      type: "number", min: 0, max: 100, step: 0.5, value: this.pixels.get(name) ?? 2, "aria-label": `Most error of ${name} when thinned, pixels at 1080p`, class: "thin",
      oninput: () => this.pixels.set(name, pixels.value),
    });
    const thin = make("button", {
      type: "button", class: "pill", title: "Leave out rows of its table, up to so many pixels of error at 1080p",
      onclick: () => this.socket.ask("thin", { flight: name, pixels: Number(pixels.value) }).catch(this.say),
    }, "Thin to");
    return make("li", {}, make("div", { class: "bar" }, make("strong", {}, name), thin, make("span", { class: "short" }, pixels), "px"),
      make("small", {}, `${duration(seconds, 1)} · ${ticks} dreams${size ? ` · ${size.join("×")}` : ""} · ${file(yaml)}, ${file(csv)}`));
  }

  // ---- renderings

  take(jobs) {
    const before = new Set(this.jobs.map(({ job }) => job)), done = jobs.filter(({ stage }) => stage === "done");
    this.played = new Set([...this.played].filter((number) => jobs.some(({ job }) => job === number)));
    const fresh = done.filter(({ job }) => !this.played.has(job)), news = fresh.filter(({ job }) => !this.joins || before.has(job));
    fresh.forEach(({ job }) => this.played.add(job));
    this.joins = false;
    this.jobs = jobs;
    this.showJobs();
    news.forEach((job) => this.play(job)); // however quickly it went: what came between may be left out
  }

  listJobs() {
    const list = find(".jobs", this.panel), focused = document.activeElement?.dataset?.job;
    list.replaceChildren(...this.jobs.map((job) => this.job(job)));
    if (focused) find(`[data-job="${focused}"]`, list)?.focus();
  }

  job(job) {
    const { flight, size, quality, stage, share, left, text, url } = job, runs = ["queued", "dreaming", "developing"].includes(stage);
    const button = runs
      ? make("button", { type: "button", class: "pill", "data-job": `stop-${job.job}`, onclick: () => this.socket.ask("cancel", { job: job.job }).catch(this.say) }, "Stop")
      : url ? make("button", { type: "button", class: "pill", "data-job": `play-${job.job}`, onclick: () => this.play(job) }, icon("play"), "Play") : null;
    const told = [STAGES[stage] ?? stage, runs && share ? `${Math.round(100 * share)} %` : null, runs && left ? `${duration(left)} left` : null, text || null];
    return make("li", { class: "job" },
      make("div", { class: "bar" }, make("strong", {}, `${flight ?? "Flight"}, ${size}`), button),
      runs ? make("progress", { max: 1, value: share ?? 0, "aria-label": `Rendering of ${flight ?? "the flight"}` }) : null,
      make("small", {}, [quality, ...told].filter(Boolean).join(" · ")));
  }

  /** The film in a room of its own, and beside it what was flown. */
  play(job) {
    const film = make("video", { src: job.url, controls: true, loop: true, muted: true, playsInline: true, "aria-label": `The film ${job.flight ?? ""}` });
    const flown = make("img", { class: "flown", alt: "The same moment as it was flown" });
    const compare = make("div", { class: "compare off" }, film, flown);
    const cut = make("input", {
      type: "range", min: 0, max: 100, value: 50, "aria-label": "How much is seen of what was flown, in percent", hidden: true,
      oninput: () => { compare.style.setProperty("--cut", `${cut.value}%`); cut.style.setProperty("--share", `${cut.value}%`); },
    });
    const button = make("button", {
      type: "button", class: "pill", "aria-pressed": "false", "data-do": "compare",
      onclick: () => {
        const off = compare.classList.toggle("off");
        button.setAttribute("aria-pressed", String(!off));
        cut.hidden = off;
        if (off) return;
        film.pause();
        beside();
      },
    }, "Flown / rendered");
    const beside = () => {
      if (compare.classList.contains("off") || !this.state) return;
      const tick = Math.min(this.state.tick, Math.round(film.currentTime * this.state.rate));
      const source = `/tick/${tick}.jpg?width=${Math.min(4096, Math.max(16, film.videoWidth || 640))}`;
      if (flown.getAttribute("src") !== source) flown.src = source;
    };
    for (const name of ["seeked", "timeupdate", "loadedmetadata"]) film.addEventListener(name, beside);
    const close = make("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => this.room.close() }, icon("close"));
    this.room.replaceChildren(
      make("div", { class: "top" }, make("h2", { id: "room-title" }, job.flight ?? "The flight"), close), compare,
      make("div", { class: "bar" }, button, cut, make("a", { class: "pill", href: job.url, download: file(job.url) }, "Download")));
    if (!this.room.open) this.room.showModal();
    close.focus();
    if (!this.still()) film.play().catch(() => {});
  }

  // ---- what was kept

  keep({ what, url, path, bytes }) {
    if (what === "film") return;
    this.kept.unshift({ what, url, path, bytes });
    this.showKept();
  }

  listKept() {
    const list = find(".kept", this.panel), { kept } = this;
    if (!kept.length) return list.replaceChildren(make("li", { class: "nothing" }, "Snapshots and GIFs of this session come here."));
    list.replaceChildren(...kept.map(({ what, url, path, bytes }) => make("li", {},
      make("img", { src: url, alt: what === "gif" ? "The last seconds" : "A snapshot", loading: "lazy" }),
      make("div", { class: "bar" }, make("small", {}, `${path} · ${weight(bytes)}`), make("a", { href: url, download: file(path) }, "Download")))));
  }
}

/** Sizes of the flight's shape that are larger: [value, words]. */
function larger(width, height) {
  const wide = Math.abs(9 * width - 16 * height) <= 16;
  const sizes = SIZES.filter(([high]) => high > height);
  if (wide) return sizes.map(([, value, words]) => [value, words]);
  return sizes.map(([high]) => [2 * Math.round((high * width) / height / 2), high]).map((size) => [size.join("x"), size.join("×")]);
}

function fill(select, options, value) {
  select.replaceChildren(...options.map(([name, words]) => make("option", { value: name }, words)));
  if (options.some(([name]) => name === value)) select.value = value;
}

const file = (path) => String(path).split(/[\\/]/).at(-1);

function weight(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
