// What the gallery's page does: films play where one looks, are found, and are entered one at a time.
"use strict";

const wall = document.querySelector(".wall");
const films = [...wall.querySelectorAll(".film")];
const form = document.querySelector(".find");
const room = document.querySelector(".room");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let open = null; // the film in the room

// ---- on the wall: a film plays while it is pointed at, has the focus, or was tapped

function play(film) {
  const moving = film.querySelector(".moving");
  if (!moving || film.classList.contains("playing")) return;
  films.forEach(rest);
  if (!moving.hasAttribute("src")) moving.src = moving.dataset.src;
  film.classList.add("playing");
  if (moving.play) moving.play().catch(() => rest(film));
}

function rest(film) {
  if (!film.classList.contains("playing")) return;
  const moving = film.querySelector(".moving");
  film.classList.remove("playing");
  if (moving.pause) moving.pause();
  else moving.removeAttribute("src");
}

function unload(film) {
  const moving = film.querySelector(".moving");
  rest(film);
  if (!moving || !moving.hasAttribute("src")) return;
  moving.removeAttribute("src");
  if (moving.load) moving.load();
}

for (const film of films) {
  const link = film.querySelector(".open");
  let touched = false;
  link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && !still.matches && play(film));
  link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && rest(film));
  link.addEventListener("focus", () => link.matches(":focus-visible") && !still.matches && play(film));
  link.addEventListener("blur", () => rest(film));
  link.addEventListener("pointerdown", (event) => (touched = event.pointerType === "touch"));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const first = touched && !still.matches && film.querySelector(".moving") && !film.classList.contains("playing");
    touched = false;
    if (first) play(film);
    else enter(film);
  });
}

// Only what is near is held. Posters come when they are near, and browsers drop their pixels again; a poster that is put down
// and taken up by hand is decoded anew each time, and fills the memory. Of films that were played browsers keep a part by
// themselves, up to a bound: Chromium 150 MB after some 150 plays, and no more after 480.
const near = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting || unload(entry.target)),
  { rootMargin: "100% 0%" },
);
films.forEach((film) => near.observe(film));

// ---- finding

const texts = new Map();

function text(film) {
  if (!texts.has(film)) {
    const parts = [film.querySelector("h2"), film.querySelector(".words"), film.querySelector(".facts")];
    const more = film.querySelector("template").content.querySelector("code");
    texts.set(film, [...parts, more].map((part) => part?.textContent ?? "").join("\n").toLowerCase());
  }
  return texts.get(film);
}

function find() {
  const asked = new FormData(form);
  const words = asked.get("words").toLowerCase().split(/\s+/);
  const network = asked.get("network"), began = asked.get("began");
  let shown = 0;
  for (const film of films) {
    const is =
      (!network || JSON.parse(film.dataset.networks).includes(network)) &&
      (!began || film.dataset.began === began) &&
      words.every((word) => text(film).includes(word));
    film.hidden = !is;
    shown += is;
  }
  const all = `${films.length} film${films.length === 1 ? "" : "s"}`;
  document.querySelector(".count").textContent = shown === films.length ? all : `${shown} of ${all}`;
  document.querySelector(".none").hidden = shown > 0;
}

form.addEventListener("input", find);
form.addEventListener("submit", (event) => event.preventDefault());

// ---- the room of one film

function enter(film) {
  films.forEach(rest);
  open = film;
  room.replaceChildren(film.querySelector("template").content.cloneNode(true));
  const showing = room.querySelector(".showing");
  if (still.matches && showing.dataset.still) showing.src = showing.dataset.still;
  if (!room.open) room.showModal();
  room.scrollTop = 0;
  room.querySelector("[data-do=close]").focus();
  if (showing.play && !still.matches) showing.play().catch(() => {});
  history.replaceState(null, "", address(film));
}

function address(film) {
  return `#${encodeURIComponent(film.id)}`;
}

function leave() {
  if (room.open) return; // "close" comes a moment after it has closed, and another film may be open by then
  const link = open?.querySelector(".open");
  open = null;
  room.querySelector("video")?.removeAttribute("src");
  room.querySelector("video")?.load();
  room.replaceChildren();
  history.replaceState(null, "", "#");
  link?.focus({ focusVisible: false });
}

function go(steps) {
  const row = films.filter((film) => !film.hidden || film === open);
  enter(row[(row.indexOf(open) + steps + row.length) % row.length]);
}

room.addEventListener("close", leave);
room.addEventListener("input", (event) => {
  if (event.target.type === "range") event.target.parentElement.style.setProperty("--cut", `${event.target.value}%`);
});

function compare(button) {
  const pair = room.querySelector(".pair"), showing = room.querySelector(".showing");
  pair.style.setProperty("--ratio", pair.dataset.ratio);
  pair.hidden = !pair.hidden;
  showing.hidden = !pair.hidden;
  button.setAttribute("aria-pressed", String(!pair.hidden));
  if (!pair.hidden) showing.pause?.();
  else if (showing.play && !still.matches) showing.play().catch(() => {});
}

function fill() {
  if (document.fullscreenElement) document.exitFullscreen();
  else room.querySelector(".screen").requestFullscreen?.().catch(() => {});
}

async function copy(button) {
  const code = room.querySelector("code");
  let copied = true;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code); // a page that came over plain http may not write the clipboard, but may copy
    copied = document.execCommand("copy");
  }
  button.textContent = copied ? "Copied" : "Press Ctrl-C";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

// ---- buttons and keys

function light(on) {
  document.documentElement.dataset.theme = on ? "light" : "dark";
  form.querySelector("[data-do=light]").setAttribute("aria-pressed", String(on));
}

function remembered(value) {
  try {
    if (value !== undefined) localStorage.setItem("light", value);
    return localStorage.getItem("light");
  } catch {
    return null; // where a page may keep nothing
  }
}

const doing = {
  light() {
    const on = document.documentElement.dataset.theme === "dark";
    light(on);
    remembered(on ? "yes" : "no");
  },
  all() {
    form.reset();
    find();
    form.elements.words.focus();
  },
  pair: compare,
  full: fill,
  copy,
  earlier: () => go(-1),
  later: () => go(1),
  close: () => room.close(),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) doing[button.dataset.do](button);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, video, pre")) return;
  const keys = room.open
    ? { ArrowLeft: doing.earlier, ArrowRight: doing.later, f: fill }
    : { "/": () => form.elements.words.focus() };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

light(remembered() === "yes");
find(); // a page that is come back to keeps what was searched for
const named = films.find((film) => location.hash === address(film));
if (named) enter(named);
