// Pictures. A Picture is a canvas on which the frame between two dreams is made, by WebGL: `between` of render/frames.py.

import { inverse, scale, STILL } from "./matrix.js";
import { COVER, DETAIL, EVERYWHERE, MIX, SHARPEN, SHOW, SUM } from "./shaders.js";

const BORDERS = ["reflect", "wrap", "replicate"];
const LOOKED_UP = 1.2; // times smaller, up to which torch looks a turned picture up without widening its kernel
const SMALLEST = 4; // times smaller, as far as the shader's kernel is widened

/** Canvas and context together: all that must be made anew when the context was lost. */
export class Picture {
  /** Raises an Error, in words for the user, where the browser has no WebGL 2. */
  constructor(canvas) {
    this.canvas = canvas;
    this.size = { width: 0, height: 0 }; // of a dream, pixels
    this.sharpens = true; // false where the card cannot measure fine detail
    this.start();
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true; // dreams put before are gone
    });
    canvas.addEventListener("webglcontextrestored", () => this.start());
  }

  start() {
    const gl = this.canvas.getContext("webgl2", { alpha: false, antialias: false, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser has no WebGL 2, which the picture is made with. Firefox, Chrome and Safari of 2022 or newer have it.");
    this.gl = gl;
    this.sharpens = Boolean(gl.getExtension("EXT_color_buffer_float"));
    this.programs = Object.fromEntries(Object.entries({ mix: MIX, detail: DETAIL, sum: SUM, sharpen: SHARPEN, cover: COVER, show: SHOW })
      .map(([name, source]) => [name, program(gl, source)]));
    gl.bindVertexArray(gl.createVertexArray());
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.flat = lattice(gl, 1, 1, new Float32Array(4));
    this.targets = null;
    this.lost = false;
  }

  /**
   * Takes up a dream (an ImageBitmap) and returns what `draw` takes. fine: energy of its fine detail, a mean square.
   * mesh: of the move that led to it, where that bends: {columns, rows, steps, numbers}. mask, still: ImageBitmaps, where the
   * dream is seen, and what stands still where it is not, if there is a mask.
   */
  put(bitmap, { fine = 0, mesh = null, mask = null, still = null } = {}) {
    const gl = this.gl, { width, height } = bitmap;
    if (width !== this.size.width || height !== this.size.height || !this.targets) {
      this.size = { width, height };
      this.makeTargets();
    }
    const texture = upload(gl, bitmap), covers = mask && { mask: upload(gl, mask), still: upload(gl, still) };
    const lattices = mesh && lattice(gl, mesh.columns, mesh.rows * (mesh.steps + 1), mesh.numbers);
    return { texture, fine, width, height, covers, mesh: mesh && { ...mesh, texture: lattices } };
  }

  /** Lets go of a dream. */
  drop(dream) {
    this.gl.deleteTexture(dream.texture);
    if (dream.mesh) this.gl.deleteTexture(dream.mesh.texture);
    Object.values(dream.covers ?? {}).forEach((texture) => this.gl.deleteTexture(texture));
  }

  makeTargets() {
    const gl = this.gl, { width, height } = this.size;
    if (this.targets) Object.values(this.targets).flat().forEach((old) => old && release(gl, old));
    const colour = this.sharpens ? gl.RGBA16F : gl.RGBA8;
    const sums = [];
    if (this.sharpens) {
      for (let [across, down] = [width - 4, height - 4]; across > 1 || down > 1 || !sums.length;) {
        sums.push(target(gl, across, down, gl.R32F));
        [across, down] = [Math.ceil(across / 8), Math.ceil(down / 8)];
      }
    }
    this.targets = {
      mix: target(gl, width, height, colour, gl.LINEAR),
      frame: this.sharpens && target(gl, width, height, colour, gl.LINEAR),
      covered: target(gl, width, height, colour, gl.LINEAR),
      energy: this.sharpens && target(gl, 1, 1, gl.R32F), // sum of the fine detail
      sums,
    };
  }

  /** Sums up the fine-detail energy of a texture into `into`, a pixel. */
  measure(texture, into) {
    let source = texture, use = "detail";
    for (const sum of [...this.targets.sums, into]) {
      this.run(use, sum, { picture: source });
      [source, use] = [sum.texture, "sum"];
    }
  }

  /**
   * Draws the frame `u` of the way (0..1) from the dream `before` to `after`, which may be null.
   * moves: what takes each to the frame, {before, after}, matrices; not asked for where `after` has a mesh.
   * hand: a move on top of it, which the dreams do not know of yet. border: as the film's.
   */
  draw({ before, after = null, u = 0, moves = null, border = "reflect", hand = STILL }) {
    if (!after && hand === STILL) return this.run("show", null, { picture: before.texture, target: [this.canvas.width, this.canvas.height] });
    const share = after ? u * u * (3 - 2 * u) : 0, shares = [1 - share, share];
    const mesh = after?.mesh, backs = [moves?.before ?? STILL, moves?.after ?? STILL].map(inverse);
    const step = mesh ? Math.min(Math.floor(u * mesh.steps), mesh.steps - 1) : 0;
    const size = [this.size.width, this.size.height], { covers } = after ?? before;
    this.run("mix", this.targets.mix, {
      before: before.texture, after: (after ?? before).texture, shares, backBefore: backs[0], backAfter: backs[1],
      shrinks: backs.map(mesh ? () => 1 : widening), hand: inverse(hand), border: Math.max(0, BORDERS.indexOf(border)),
      mesh: mesh?.texture ?? this.flat, nodes: mesh ? [mesh.columns, mesh.rows] : [0, 0],
      lattice: step, between: mesh ? u * mesh.steps - step : 0, size, target: size,
    });
    let picture = this.targets.mix.texture;
    if (this.sharpens && share > 0 && share < 1) {
      const pixels = Math.max(1, size[0] - 4) * Math.max(1, size[1] - 4);
      this.measure(picture, this.targets.energy);
      this.run("sharpen", this.targets.frame, {
        picture, energy: this.targets.energy.texture, wanted: (shares[0] * before.fine + share * after.fine) * pixels,
      });
      picture = this.targets.frame.texture;
    }
    if (covers && (hand !== STILL || (share > 0 && share < 1))) { // a dream that is shown as it is lies in its mask already
      this.run("cover", this.targets.covered, { picture, ...covers });
      picture = this.targets.covered.texture;
    }
    this.run("show", null, { picture, target: [this.canvas.width, this.canvas.height] });
  }

  /** What the canvas shows, RGBA, top row first. Only right after `draw`, in the same turn of the event loop. */
  read() {
    const gl = this.gl, { width, height } = this.canvas;
    const pixels = new Uint8Array(4 * width * height), rows = new Uint8Array(pixels.length);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    for (let row = 0; row < height; row++) {
      rows.set(pixels.subarray(4 * width * row, 4 * width * (row + 1)), 4 * width * (height - 1 - row));
    }
    return rows;
  }

  run(name, into, values) {
    const gl = this.gl, { handle, uniforms } = this.programs[name];
    gl.useProgram(handle);
    gl.bindFramebuffer(gl.FRAMEBUFFER, into ? into.frame : null);
    gl.viewport(0, 0, into ? into.width : this.canvas.width, into ? into.height : this.canvas.height);
    let unit = 0;
    for (const { name: uniform, type, place } of uniforms) {
      const value = values[uniform];
      if (type === gl.SAMPLER_2D) {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, value);
        gl.uniform1i(place, unit++);
      } else if (type === gl.FLOAT_MAT3) gl.uniformMatrix3fv(place, true, value);
      else if (type === gl.FLOAT_VEC2) gl.uniform2fv(place, value);
      else if (type === gl.FLOAT) gl.uniform1f(place, value);
      else if (type === gl.INT_VEC2) gl.uniform2iv(place, value);
      else gl.uniform1i(place, value);
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}

/** How much wider the kernel is that looks a dream up, as warp.move_frame has it. */
function widening(back) {
  const shrink = Math.min(SMALLEST, Math.max(1, scale(back)));
  const turns = [1, 3, 6, 7].some((place) => Math.abs(back[place]) > 1e-12);
  return turns && shrink < LOOKED_UP ? 1 : shrink;
}

function program(gl, source) {
  const handle = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, EVERYWHERE], [gl.FRAGMENT_SHADER, source]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
  }
  gl.linkProgram(handle);
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS) && !gl.isContextLost()) {
    const words = gl.getAttachedShaders(handle).map((shader) => gl.getShaderInfoLog(shader)).join(" ");
    throw new Error(`This graphics card does not take the picture's program: ${words}`);
  }
  const count = gl.getProgramParameter(handle, gl.ACTIVE_UNIFORMS) ?? 0;
  const uniforms = Array.from({ length: count }, (_, index) => {
    const { name, type } = gl.getActiveUniform(handle, index);
    return { name, type, place: gl.getUniformLocation(handle, name) };
  });
  return { handle, uniforms };
}

function filtered(gl, filter) {
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

/** A texture of an ImageBitmap, whose top row is row 0. */
function upload(gl, bitmap) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  filtered(gl, gl.LINEAR); // of a canvas of another size
  return texture;
}

/** A texture that can be drawn into. */
function target(gl, width, height, format, filter = gl.NEAREST) {
  const texture = gl.createTexture(), frame = gl.createFramebuffer();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
  filtered(gl, filter);
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return { texture, frame, width, height };
}

function release(gl, { texture, frame }) {
  gl.deleteTexture(texture);
  gl.deleteFramebuffer(frame);
}

function lattice(gl, width, height, numbers) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, width, height, 0, gl.RGBA, gl.FLOAT, numbers);
  filtered(gl, gl.NEAREST);
  return texture;
}
