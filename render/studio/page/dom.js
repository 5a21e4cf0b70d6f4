// The page's elements: making them, finding them.

export const find = (selector, inside = document) => inside.querySelector(selector);

/** An element: make("p", {class: "dim", onclick: act}, "words", child). A property that is null or undefined is left out. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean" || name === "value") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * A function that calls `act`, which makes a part of the page anew: while a pointer or a key is held down in it, only once that
 * is let go. What a hand holds goes on, and a press that began on a button ends on it.
 */
export function whenFree(part, act) {
  let held = false, waits = false;
  const hold = () => (held = true);
  const free = () => setTimeout(() => { // a click comes after the pointer is up
    held = false;
    if (waits) act();
    waits = false;
  });
  for (const name of ["pointerdown", "keydown"]) part.addEventListener(name, hold);
  for (const name of ["pointerup", "pointercancel", "keyup", "blur"]) addEventListener(name, free);
  return () => {
    waits = held;
    if (!held) act();
  };
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function draw(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Puts the page's icons, all of icons.svg, into the page. */
export async function fetchIcons() {
  const text = await (await fetch("/page/icons.svg")).text();
  const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  drawing.setAttribute("class", "unseen");
  drawing.setAttribute("aria-hidden", "true");
  document.body.append(drawing);
}

/** One of the page's icons, by its name in icons.svg. */
export function icon(name) {
  return draw("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("use", { href: `#icon-${name}` }));
}

/** Gives a button that has an icon another one, and other words. */
export function dress(button, name, words) {
  const use = find("use", button);
  if (use.getAttribute("href") !== `#icon-${name}`) use.setAttribute("href", `#icon-${name}`);
  if (button.title === words) return;
  button.setAttribute("aria-label", words);
  button.title = words;
}

/** Sets an element's text if it is another one: what is read aloud is not said twice. */
export function write(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Seconds as one reads them: 0:07.5, 12:30. */
export function duration(seconds, digits = 0) {
  const minutes = Math.floor(seconds / 60), rest = (seconds - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? 3 + digits : 2, "0")}`;
}

/** A number with as many digits as a hand can tell apart. */
export function figure(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}

/** What was kept under that name from visit to visit; null where a page may keep nothing. */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(`studio.${name}`));
  } catch {
    return null;
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`studio.${name}`, JSON.stringify(value));
  } catch {
    // a page that may keep nothing forgets
  }
}
