// The picture alone: what the studio flies, on a projector or in OBS.

import { Live } from "./live.js";
import { Picture } from "./picture.js";
import { enter, Socket } from "./socket.js";
import { Values } from "./values.js";

const socket = new Socket(), values = new Values();
const live = new Live(new Picture(document.querySelector("canvas")), socket, values);
const fit = () => live.fit(innerWidth, innerHeight);
let size = "";

socket.on("state", (state) => {
  values.take(state.tick, state.values);
  live.playing = state.playing;
  state.moved.forEach((key) => live.touch(key));
});
socket.on("values", (message) => values.take(message.tick, message.values));
live.on((header) => {
  if (size === header.size.join()) return;
  size = header.size.join();
  fit();
});
addEventListener("resize", fit);
enter().then(() => socket.join());
