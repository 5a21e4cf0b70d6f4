// The studio's page: all its parts, and what buttons and keys do.

import { dress, fetchIcons, find, icon, keep, make, recall, write } from "./dom.js";
import { Dreams } from "./dreams.js";
import { FilmFile } from "./file.js";
import { Films } from "./films.js";
import { Hand, Midi, Pads } from "./hand.js";
import { Handles } from "./handles.js";
import { Live } from "./live.js";
import { Picture } from "./picture.js";
import { enter, Socket } from "./socket.js";
import { Timeline } from "./timeline.js";
import { Values } from "./values.js";
import { Wish } from "./wish.js";

const REST = 2800; // milliseconds after which the controls go
const SAID = 6000; // milliseconds that a notice stays
const LINES = {
  joining: "Joining the server …",
  lost: "The server has ended. The film so far is safe on disk. This page joins again by itself when it is started again.",
  refused: "This page has no key to the server. Open the address that the terminal shows.",
};

const reduced = matchMedia("(prefers-reduced-motion: reduce)"), still = () => reduced.matches;
const body = document.body, stage = find(".stage"), deck = find(".deck"), line = find(".line"), panels = find(".panels"), sound = find("#sound");
for (const button of document.querySelectorAll("[data-icon]")) button.prepend(icon(button.dataset.icon));
stage.classList.add("empty");

const socket = new Socket(), values = new Values();
let picture;
try {
  picture = new Picture(find("#picture"));
} catch (error) {
  write(find(".waiting"), error.message);
  throw error;
}
const live = new Live(picture, socket, values, { still });
const hand = new Hand(live, values, socket);
const midi = new Midi(hand, recall("knobs") ?? {});
const handles = new Handles(find("#handles"), hand, midi);
const dreams = new Dreams(find("#dreams"), hand, socket, say);
const timeline = new Timeline(deck, live, socket, say);
const films = new Films(find("#films"), find("#room"), socket, say, still);
const file = new FilmFile(find("#file"), find(".fault"), socket, hand, say);
const playing = new Wish(false, showPlay), recording = new Wish(false, showPlay);
let state = null;

// ---- what the server says

socket.on("welcome", ({ film }) => {
  document.title = `${film.name}, live`;
  write(find(".name"), film.name);
  file.open(film);
  films.join();
});

socket.on("state", (message) => {
  state = message;
  hand.take = state.take;
  values.take(state.tick, state.values);
  playing.tell(state.playing);
  recording.tell(state.recording);
  showPlay();
  handles.update(state);
  dreams.update(state.terms);
  timeline.update(state);
  films.update(state);
  file.update(state);
  showFacts();
  follow();
});

socket.on("values", ({ tick, values: numbers }) => values.take(tick, numbers));
socket.on("vocabulary", (vocabulary) => {
  handles.build(vocabulary.handles);
  if (state) {
    handles.update(state);
    dreams.build();
  }
});
socket.on("knowledge", ({ networks, others }) => dreams.learn(networks, others));
socket.on("plate", (plate) => dreams.plate(plate));
socket.on("fault", (fault) => {
  file.fail(fault);
  wake();
});
socket.on("mended", () => file.mend() && say({ text: "The file is good again." }));
socket.on("said", say);
socket.on("flight", ({ flight, rows, rows_before: before, pixels }) => {
  const thinned = pixels !== null && pixels !== undefined && rows !== before;
  say({ text: thinned ? `${flight.name}: ${rows} rows of ${before}, at most ${Number(pixels.toFixed(2))} pixels away at 1080p.` : `Kept as ${flight.name}, a film's file and its table. Films renders it.` });
});
socket.on("file", (kept) => {
  films.keep(kept);
  if (kept.what !== "film") say({ text: `${kept.what === "gif" ? "GIF" : "Snapshot"}: ${kept.path}` });
});
socket.on("jobs", ({ jobs }) => films.take(jobs));
socket.on("line", (condition) => {
  body.classList.toggle("lost", condition !== "open");
  if (condition === "open") hush();
  else say({ text: LINES[condition], grave: condition !== "joining", stays: true });
});

let timer = 0;

/** Says something over the picture: a notice {text, hint, grave}, or an Error. */
function say(notice) {
  const error = notice instanceof Error;
  write(line, [error ? notice.message : notice.text, notice.hint].filter(Boolean).join(" "));
  line.classList.toggle("grave", error || Boolean(notice.grave));
  line.hidden = false;
  clearTimeout(timer);
  if (!notice.stays) timer = setTimeout(hush, SAID);
}

function hush() {
  if (socket.state !== "open") return say({ text: LINES[socket.state], grave: socket.state !== "joining", stays: true });
  line.hidden = true;
}

function showPlay() {
  live.playing = playing.value && state?.tick >= 0; // before the first dream there is nothing to fly through
  body.classList.toggle("recording", recording.value);
  dress(find("[data-do=play]"), playing.value ? "pause" : "play", playing.value ? "Pause" : "Play");
  dress(find("[data-do=record]"), recording.value ? "stop" : "record", recording.value ? "Stop recording" : "Record");
  find("[data-do=record]").setAttribute("aria-pressed", String(recording.value));
}

function showFacts() {
  const { size, rate, dreams: pace, keeps_up: keepsUp, ended, paused_by: because } = state;
  const facts = [size.join("×"), `${Number(rate.toFixed(2))} dreams a second`];
  if (because) facts.push(because);
  else if (ended) facts.push("it has ended");
  else if (!state.playing) facts.push("paused");
  else if (!keepsUp && pace) facts.push(`${pace.toFixed(1)} a second here, so it flies slower`);
  if (live.plain) facts.push("shown dream by dream, since this browser is slow");
  if (state.recording) facts.unshift("recording");
  write(find(".facts"), facts.join(" · "));
}

// ---- the picture and its aim

live.on((header) => {
  if (stage.classList.contains("empty")) {
    stage.classList.remove("empty");
    fit();
  } else if (fitted !== header.size.join()) fit();
});
values.on((keys) => keys.some((key) => key.startsWith("motion.center")) && aim());

let fitted = "";

function fit() {
  fitted = live.header?.size.join() ?? "";
  live.fit(stage.clientWidth, stage.clientHeight);
}

function aim() {
  const mark = find(".aim");
  mark.style.setProperty("left", `${100 * (values.get("motion.center.0") ?? 0.5)}%`);
  mark.style.setProperty("top", `${100 * (values.get("motion.center.1") ?? 0.5)}%`);
}

new ResizeObserver(fit).observe(stage);

// ---- controls come when the hand moves and go when it rests

let rests = 0;

function wake() {
  body.classList.add("awake");
  clearTimeout(rests);
  rests = setTimeout(rest, REST);
}

function rest() {
  const waits = find(".chrome:hover") || find(".chrome :focus-visible") || !state;
  if (waits) rests = setTimeout(rest, REST);
  else body.classList.remove("awake");
}

for (const name of ["pointermove", "pointerdown", "keydown", "focusin"]) document.addEventListener(name, wake, { passive: true });
wake();

// ---- panels

function open(name) {
  for (const panel of panels.children) panel.hidden = panel.id !== name;
  for (const tab of document.querySelectorAll(".tab")) tab.setAttribute("aria-expanded", String(tab.dataset.panel === name));
  panels.hidden = !name;
  body.classList.toggle("with-panel", Boolean(name));
}

function turn(name) {
  const shown = !find(`#${name}`).hidden && !panels.hidden;
  const tab = find(`.tab[data-panel=${name}]`);
  open(shown ? "" : name);
  if (shown) tab.focus({ focusVisible: false });
  else find(`#${name} .body`).focus({ focusVisible: false, preventScroll: true });
}

// ---- what is done

/** What is so once an order is carried out. A second press means what the first one led to, told or not. */
const OUTCOMES = {
  play: [[playing, true], [timeline.past, null]],
  pause: [[playing, false]],
  over: [[recording, false], [timeline.past, null]],
  record: [[recording, true], [playing, true], [timeline.past, null]],
  stop: [[recording, false]],
  live: [[timeline.past, null]],
  fork: [[recording, false], [timeline.past, null]],
};

/** Gives an order; whether it was carried out. What is wrong is said. */
async function order(type, fields = {}) {
  const answer = socket.ask(type, fields);
  for (const [wish, value] of OUTCOMES[type] ?? []) wish.want(value, answer);
  return answer.then(() => true, say);
}

const doing = {
  play: () => order(playing.value ? "pause" : "play"),
  over: () => order("over"),
  record: () => order(recording.value ? "stop" : "record"),
  live: () => order("live"),
  fork: () => live.header && order("fork", timeline.past.value === null ? { tick: live.header.tick, take: live.header.take } : timeline.place),
  mark: async () => (await order("mark", timeline.place)) && say({ text: "Marked." }),
  snapshot: () => order("snapshot", timeline.place),
  gif: () => order("gif"),
  full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {}),
  help: () => showKeys(),
  close: () => {
    const shown = find(".tab[aria-expanded=true]");
    open("");
    shown?.focus({ focusVisible: false });
  },
  midi: (button) => handles.learn(button).catch(say),
  more: () => dreams.more(),
  sound: () => listen(!sound.paused),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do], [data-panel]");
  if (button?.dataset.panel) turn(button.dataset.panel);
  else if (button && doing[button.dataset.do]) doing[button.dataset.do](button);
});

// ---- keys

const KEYS = [
  ["← → ↑ ↓", "turn the flight"], ["+ −", "faster in, slower, and out"], [", .", "turn the picture, either way"], ["shift + arrows", "move the picture, while held"],
  ["c", "aim at the middle"], ["x", "let go: all as the file says"], ["space", "play, pause"], ["Home", "start over"], ["r", "record, stop"], ["[ ]", "a dream back, a dream on"],
  ["End", "back to now"], ["b", "go on from the dream that is shown"], ["m", "mark this place"], ["s", "snapshot"], ["g", "the last seconds as a GIF"],
  ["1 2 3 4", "handles, dreams, films, file"], ["v", "sound"], ["f", "full screen"], ["Esc", "close; hide the controls"], ["?", "these keys"],
];
const HANDS = [
  ["pointer", "where it points is where it flies; a click holds the aim, another lets it follow again"], ["wheel", "faster in, slower; with shift it turns"],
  ["one finger", "drag: where it flies"], ["two fingers", "apart: faster; turned: it turns"],
  ["gamepad", "left stick aims, right stick turns and goes; A pauses, B records, X marks, Y keeps a snapshot"], ["MIDI", "Handles, Learn MIDI: any knob for any handle"],
];

const acts = {
  " ": "play", k: "play", Home: "over", r: "record", End: "live", b: "fork", m: "mark", s: "snapshot", g: "gif", v: "sound", f: "full", "?": "help",
};
const OF_INPUTS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", " "]); // keys that a slider or a switch needs itself
const PANELS = ["handles", "dreams", "films", "file"];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  const { target, key } = event;
  if (key === "Escape") return panels.hidden ? body.classList.remove("awake") : doing.close();
  if (recall("shy") && target !== picture.canvas) return;
  if (target.matches("select, textarea, input:not([type=range], [type=checkbox])")) return;
  if (target.matches("input") && OF_INPUTS.has(key)) return;
  if (target.closest(".panels, .fault") && (key.startsWith("Arrow") || ["Home", "End", " "].includes(key))) return;
  if (key === " " && target.matches("button, a")) return;
  if (hand.down(event)) return event.preventDefault();
  if (event.repeat) return;
  if (acts[key]) doing[acts[key]]();
  else if (key === "c") hand.set({ "motion.center.0": 0.5, "motion.center.1": 0.5 }, 0.5);
  else if (key === "x") hand.release().catch(say);
  else if (key === "[" || key === "]") timeline.step(key === "[" ? -1 : 1);
  else if (PANELS[Number(key) - 1]) turn(PANELS[Number(key) - 1]);
  else return;
  event.preventDefault();
});
document.addEventListener("keyup", (event) => hand.up(event));
addEventListener("blur", () => hand.rest());

function showKeys() {
  const sheet = find("#keys");
  const rows = (list) => make("dl", { class: "keys" }, list.map(([key, meaning]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, meaning))));
  const shy = make("input", { type: "checkbox", checked: Boolean(recall("shy")), onchange: () => keep("shy", shy.checked) });
  const close = make("button", { type: "button", class: "round", "aria-label": "Close", onclick: () => sheet.close() }, icon("close"));
  sheet.replaceChildren(
    make("div", { class: "top" }, make("h2", { id: "keys-title" }, "How it is flown"), close), rows(HANDS), make("h3", {}, "Keys"), rows(KEYS),
    make("label", { class: "switch" }, shy, "Keys act only while the picture has the focus"));
  if (!sheet.open) sheet.showModal();
}

new Pads(hand, [doing.play, doing.record, doing.mark, doing.snapshot]);

// ---- sound: plays along, begun by the first click

/** Whether the film has music is known once it was asked for; it follows the film's own time. */
function listen(off) {
  silent = off;
  keep("silent", off);
  if (off) sound.pause();
  else follow(true);
}

function follow(begin = false) {
  if (!sound.src || !live.header) return;
  const { seconds, rate } = live.header, runs = playing.value && timeline.past.value === null && !silent;
  if (!runs && !sound.paused) sound.pause();
  if (runs && sound.paused && (begin || sounding)) {
    sounding = true; // a pause that comes before it is loaded does not silence it for ever
    sound.play().catch(({ name }) => { if (name === "NotAllowedError") sounding = false; });
  }
  sound.playbackRate = Math.min(2, Math.max(0.5, rate ? 1 / (rate * live.pace) : 1));
  if (Math.abs(sound.currentTime - seconds) > 0.35 && sound.readyState) sound.currentTime = seconds;
  dress(find("[data-do=sound]"), sound.paused ? "mute" : "sound", sound.paused ? "Sound on" : "Sound off");
}

let sounding = false, silent = Boolean(recall("silent"));
socket.on("welcome", ({ film }) => {
  if (!film.sound || sound.src) return;
  sound.src = "/sound";
  find("[data-do=sound]").hidden = false;
  document.addEventListener("pointerdown", () => !sounding && !silent && follow(true));
});
live.on(() => follow());

fetchIcons();
enter().then(() => socket.join());
