// What it dreams of: its objectives as tiles, and a wall of what its networks know, to add from.

import { figure, find, icon, make, whenFree, write } from "./dom.js";
import { fromShare, toShare } from "./hand.js";

const SHOWN = 96; // pictures on the wall at first, and with each "More"
const FACES = 4; // pictures on an objective's tile
const PATIENCE = 250; // milliseconds, after which pictures that came in sight are asked for
const LAYERS = "", CLASSES = "classes";

export class Dreams {
  constructor(panel, hand, socket, say) {
    this.panel = panel;
    this.hand = hand;
    this.socket = socket;
    this.say = say;
    this.networks = [];
    this.others = [];
    this.terms = [];
    this.tiles = new Map(); // index -> {tile, slider, output}
    this.limit = SHOWN;
    this.wanted = new Map(); // network -> {"[layer, number]": rank} of pictures in sight that are not there yet
    this.sight = new IntersectionObserver((entries) => entries.forEach((entry) => this.see(entry)), { root: find(".body", panel), rootMargin: "120px" });
    this.build = whenFree(find(".terms", panel), () => this.show());
    this.hang = whenFree(find(".wall", panel), () => this.showWall());
    for (const name of ["network", "layer"]) {
      find(`.${name}`, panel).addEventListener("change", () => {
        if (name === "network") this.chooseNetwork();
        this.limit = SHOWN;
        this.hang();
      });
    }
    find(".search", panel).addEventListener("input", () => { this.limit = SHOWN; this.hang(); });
    hand.values.on((keys) => keys.forEach((key) => this.showWeight(key)));
  }

  // ---- objectives

  /** The objectives as they are now. */
  update(terms) {
    const same = JSON.stringify(terms.map(({ index, words, dropped }) => [index, words, dropped]));
    this.terms = terms;
    if (same !== this.built && (this.built = same)) this.build();
    terms.forEach(({ key }) => this.showWeight(key));
  }

  show() {
    const list = find(".terms", this.panel), focused = document.activeElement?.dataset?.term;
    this.tiles.clear();
    list.replaceChildren(...this.terms.map((term) => this.tile(term)));
    if (focused) find(`[data-term="${focused}"]`, list)?.focus();
  }

  tile(term) {
    const handle = this.handle(term), { built } = this;
    const set = (number) => built === this.built && this.hand.set({ [term.key]: number }); // not of another film's objective
    const face = make("div", { class: "face", "aria-hidden": "true" }, this.faces(term));
    const slider = make("input", {
      type: "range", min: 0, max: 200, step: 1, "data-term": term.index, "aria-label": `Weight of ${term.words}`,
      oninput: () => set(fromShare(handle, slider.value / 200)),
    });
    const output = make("output");
    const drop = make("button", {
      type: "button", class: "round", "aria-label": `Take away ${term.words}`, title: "Take away", hidden: term.dropped,
      onclick: () => this.socket.ask("drop", { index: term.index, take: this.hand.take }).catch(this.say),
    }, icon("close"));
    this.drag(face, term, handle, set);
    this.tiles.set(term.index, { slider, output, face });
    return make("li", { class: `term${term.dropped ? " dropped" : ""}`, "data-key": term.key },
      face, drop, make("p", { class: "words", title: term.words }, term.words), make("div", { class: "weight" }, slider, output));
  }

  handle(term) {
    return this.hand.handles.get(term.key) ?? { key: term.key, likely: [-1, 2], log: false };
  }

  /** A tile's weight goes with what is dragged across its picture. */
  drag(face, term, handle, set) {
    let from = null;
    face.addEventListener("pointerdown", (event) => {
      from = [event.clientX, toShare(handle, this.hand.values.get(term.key) ?? term.weight)];
      face.setPointerCapture(event.pointerId);
    });
    face.addEventListener("pointermove", ({ clientX }) => {
      if (from) set(fromShare(handle, Math.min(1, Math.max(0, from[1] + (clientX - from[0]) / face.clientWidth))));
    });
    for (const end of ["pointerup", "pointercancel"]) face.addEventListener(end, () => (from = null));
  }

  showWeight(key) {
    const term = this.terms.find((one) => one.key === key), tile = term && this.tiles.get(term.index);
    if (!tile) return;
    const weight = this.hand.values.get(key) ?? term.weight, share = toShare(this.handle(term), weight);
    tile.slider.value = String(Math.round(200 * share));
    tile.slider.style.setProperty("--share", `${(100 * share).toFixed(1)}%`);
    tile.slider.setAttribute("aria-valuetext", figure(weight));
    tile.face.style.setProperty("opacity", String(Math.min(1, 0.35 + 0.65 * Math.abs(weight))));
    write(tile.output, figure(weight));
  }

  /** The pictures of what an objective asks for, as far as its words and layer tell. */
  faces(term) {
    const network = this.networks.find(({ name }) => name === term.network) ?? this.networks[0];
    if (!network) return [];
    const words = term.words.slice(term.words.indexOf(":") + 1).split(",").map((word) => word.trim().toLowerCase()).filter(Boolean);
    const known = new Set(network.plates[term.layer] ?? []);
    const numbered = words.filter((word) => /^\d+$/.test(word)).map(Number);
    const named = Object.entries(network.layers.find(({ name }) => name === term.layer)?.named ?? {}).filter(([name]) => words.includes(name)).map(([, number]) => number);
    const classes = words.map((word) => network.classes.findIndex((name) => name.toLowerCase().split(",").some((one) => one.trim() === word)));
    const asked = term.kind === "layer" ? [...new Set([...known, ...Array(FACES).keys()])] : [...numbered, ...named];
    const things = classes.filter((number) => number >= 0).map((number) => [CLASSES, number]);
    const wanted = [...things, ...(things.length ? [] : asked.map((number) => [term.layer, number]))].slice(0, FACES);
    return wanted.filter(([layer, number], rank) => this.has(network, layer, number) || this.want(network.name, layer, number, rank - FACES))
      .map(([layer, number]) => make("img", { src: address(network.name, layer, number), alt: "", loading: "lazy" }));
  }

  // ---- the wall

  /** What the networks know; others: names of those that are here and not loaded. */
  learn(networks, others = []) {
    this.networks = networks;
    this.others = others;
    find(".finder", this.panel).hidden = !networks.length;
    const select = find(".network", this.panel), before = select.value;
    const options = (names) => names.map((name) => make("option", { value: name }, name));
    const guests = [...networks.filter(({ cut }) => cut).map(({ name }) => name), ...others];
    select.replaceChildren(...options(networks.filter(({ cut }) => !cut).map(({ name }) => name)));
    if (guests.length) select.append(make("optgroup", { label: "Others, which the film does not use yet" }, options(guests)));
    if ([...select.options].some(({ value }) => value === before)) select.value = before;
    select.closest(".field").hidden = select.options.length < 2;
    this.chooseNetwork();
    this.hang();
    this.build();
  }

  get network() {
    const { value } = find(".network", this.panel);
    const known = this.networks.find(({ name }) => name === value);
    if (!known && this.others.includes(value)) return { name: value, loading: true, layers: [], classes: [], plates: {} };
    return known ?? this.networks[0];
  }

  chooseNetwork() {
    const select = find(".layer", this.panel), before = select.options.length ? select.value : null, network = this.network;
    if (!network) return;
    select.closest(".field").hidden = Boolean(network.loading);
    if (network.loading) return this.socket.ask("visit", { network: network.name }).catch(this.say);
    const options = [[LAYERS, "Layers"], ...(network.classes.length ? [[CLASSES, "Things"]] : []), ...network.layers.map(({ name }) => [name, `Channels of ${name}`])];
    select.replaceChildren(...options.map(([value, words]) => make("option", { value }, words)));
    select.value = options.some(([value]) => value === before) ? before : network.classes.length ? CLASSES : LAYERS;
  }

  /** All that can be added, [{term, caption, layer, numbers}], the picture being of those numbers. */
  offers() {
    const network = this.network, layer = find(".layer", this.panel).value;
    if (!network || network.loading) return [];
    const elsewhere = network === this.networks[0] ? {} : { network: network.name };
    if (layer === LAYERS) {
      return network.layers.map(({ name, channels }) => ({
        term: { layer: name, ...elsewhere }, caption: name, words: `layer ${name}`, layer: name,
        numbers: [...(network.plates[name] ?? []), ...Array(Math.min(4, channels)).keys()].slice(0, 4),
      }));
    }
    if (layer === CLASSES) {
      return network.classes.map((name, number) => ({
        term: { class: name, ...elsewhere }, caption: name.split(",")[0], words: name, layer, numbers: [number],
      }));
    }
    const { channels, named } = network.layers.find(({ name }) => name === layer);
    const names = Object.fromEntries(Object.entries(named ?? {}).map(([name, number]) => [number, name]));
    return Array.from({ length: channels }, (_, number) => ({
      term: { channels: [number], layer, ...elsewhere }, caption: names[number] ?? String(number), words: `channel ${number} ${names[number] ?? ""} of ${layer}`, layer, numbers: [number],
    }));
  }

  showWall() {
    const words = find(".search", this.panel).value.toLowerCase().split(/\s+/).filter(Boolean);
    const offers = this.offers().filter((offer) => words.every((word) => offer.words.toLowerCase().includes(word)));
    const shown = offers.slice(0, this.limit);
    this.sight.disconnect();
    const wall = find(".wall", this.panel);
    wall.replaceChildren(...shown.map((offer) => this.offer(offer)));
    wall.querySelectorAll("button").forEach((button) => this.sight.observe(button));
    write(find(".count", this.panel), this.tellCount(offers.length));
    find(".more", this.panel).hidden = offers.length <= shown.length;
  }

  tellCount(count) {
    const { name, loading, cut } = this.network ?? { loading: true };
    if (loading) return name ? `${name} is being loaded …` : "";
    if (!count) return "Nothing has such a name.";
    if (cut) return `${count} to choose from. ${name} is new to this film: with what you add of it the film begins anew. The flight so far is kept.`;
    return `${count} to choose from: a click adds, with a weight that rises to 1.`;
  }

  more() {
    this.limit += SHOWN;
    this.hang();
  }

  offer({ term, caption, words, layer, numbers }) {
    const anew = this.network.cut ? ": the film begins anew" : "";
    const button = make("button", {
      type: "button", title: `${words}${anew}`, "aria-label": `Add ${words}${anew}`, "data-layer": layer, "data-numbers": numbers.join(),
      onclick: () => this.add(term, words),
    }, make("span", { class: "soon", "aria-hidden": "true" }, icon("dreams"), "being dreamed"), make("span", { class: "caption" }, caption));
    this.paint(button);
    return make("li", {}, button);
  }

  /** Of a network that is new to the film the server says that it is a cut. */
  add(term, words) {
    const { cut } = this.network;
    this.socket.ask("add", { term }).then(() => cut || this.say({ text: `${words} comes in.` }), this.say);
  }

  /** Puts the pictures that are there on a button of the wall. */
  paint(button) {
    const { layer, numbers } = button.dataset, network = this.network;
    const present = numbers.split(",").map(Number).filter((number) => this.has(network, layer, number));
    const images = present.map((number) => make("img", { src: address(network.name, layer, number), alt: "", loading: "lazy", decoding: "async" }));
    button.querySelectorAll("img, .four").forEach((old) => old.remove());
    find(".soon", button).hidden = images.length > 0;
    if (images.length > 1) button.prepend(make("span", { class: "four" }, images));
    else button.prepend(...images);
  }

  has(network, layer, number) {
    return Boolean(network?.plates[layer]?.includes(number));
  }

  see({ isIntersecting, target }) {
    if (!isIntersecting || this.panel.hidden) return;
    const { layer, numbers } = target.dataset;
    numbers.split(",").map(Number).forEach((number, rank) => this.has(this.network, layer, number) || this.want(this.network.name, layer, number, rank));
  }

  /** Notes a picture that is not there yet; those in sight are asked for together: of each tile the first before the second. */
  want(network, layer, number, rank) {
    const wanted = this.wanted.get(network) ?? new Map(), place = JSON.stringify([layer, number]);
    this.wanted.set(network, wanted.set(place, Math.min(rank, wanted.get(place) ?? rank)));
    this.asking ??= setTimeout(() => {
      this.asking = null;
      for (const [name, ranks] of this.wanted) {
        const plates = [...ranks].sort(([, one], [, other]) => one - other).map(([those]) => JSON.parse(those));
        this.socket.send("plates", { network: name, plates });
      }
      this.wanted.clear();
    }, PATIENCE);
    return false;
  }

  /** A picture came. */
  plate({ network, layer, number }) {
    const known = this.networks.find(({ name }) => name === network);
    if (!known || this.has(known, layer, number)) return;
    (known.plates[layer] ??= []).push(number);
    if (known === this.network) {
      for (const button of this.panel.querySelectorAll(`.wall button[data-layer="${CSS.escape(layer)}"]`)) {
        if (button.dataset.numbers.split(",").includes(String(number))) this.paint(button);
      }
    }
    this.terms.forEach((term) => this.tiles.get(term.index)?.face.replaceChildren(...this.faces(term)));
  }
}

function address(network, layer, number) {
  return `/plate/${encodeURIComponent(network)}/${encodeURIComponent(layer)}/${number}.jpg`;
}
