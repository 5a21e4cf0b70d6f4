// Shaders. What the graphics card makes of two dreams and a move: render/frames.py once more, in GLSL.
// In every texture row 0 is the picture's top row.

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
`;

/** One triangle over all of the target. */
export const EVERYWHERE = `${HEAD}
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const BORDERS = `
uniform int border; // 0 reflect, 1 wrap, 2 replicate: rows of warp.BORDERS
int fold(int place, int n) {
  if (border == 2) return clamp(place, 0, n - 1);
  int period = border == 1 ? n : 2 * n;
  int inside = place - period * int(floor(float(place) / float(period)));
  return border == 1 ? inside : min(inside, period - 1 - inside);
}`;

/** Two dreams moved, each where it has picture, and mixed: _mix_travelled of render/frames.py. */
export const MIX = `${HEAD}
uniform sampler2D before, after;   // two dreams
uniform mat3 backBefore, backAfter; // from the frame to the dream: where a pixel comes from
uniform sampler2D mesh;            // the same where lines bend: lattices of Coords (before, after), one below the other
uniform ivec2 nodes;               // of a lattice: columns, rows; 0 where nothing bends
uniform int lattice;               // which of them is just before the frame
uniform float between;             // how far the frame is from there to the next one
uniform vec2 shares;               // of the two in the frame
uniform vec2 shrinks;              // how much smaller each becomes, 1 or more: the kernel is so much wider
uniform ivec2 size;                // of the dreams, pixels
uniform ivec2 target;              // of the frame, pixels
uniform mat3 hand;                 // from the frame to where it would be without the hand
out vec4 colour;
const float FEATHER = 0.06;        // frame heights: render/frames.py
${BORDERS}

float bicubic(float distance) {    // warp._bicubic
  float d = abs(distance);
  if (d <= 1.0) return (1.25 * d - 2.25) * d * d + 1.0;
  return d < 2.0 ? -0.75 * (((d - 5.0) * d + 8.0) * d - 4.0) : 0.0;
}

vec3 look(sampler2D dream, vec2 place, float shrink) {
  vec2 first = floor(place), u = place - first;
  ivec2 start = ivec2(first);
  int reach = int(ceil(2.0 * shrink));
  float across[16], total = 0.0;
  ivec2 columns[16];
  for (int i = 0; i < 2 * reach; i++) {
    int offset = i + 1 - reach;
    across[i] = bicubic((u.x - float(offset)) / shrink);
    columns[i].x = fold(start.x + offset, size.x);
    total += across[i];
  }
  vec3 sum = vec3(0.0);
  float weight = 0.0;
  for (int j = 0; j < 2 * reach; j++) {
    int offset = j + 1 - reach, row = fold(start.y + offset, size.y);
    float down = bicubic((u.y - float(offset)) / shrink);
    vec3 line = vec3(0.0);
    for (int i = 0; i < 2 * reach; i++) line += across[i] * texelFetch(dream, ivec2(columns[i].x, row), 0).rgb;
    sum += down * line;
    weight += down;
  }
  return sum / (total * weight);
}

float lagrange(int node, float u) { // the cubic through four nodes: warp._between_nodes
  if (node == 0) return -u * (u - 1.0) * (u - 2.0) / 6.0;
  if (node == 1) return (u + 1.0) * (u - 1.0) * (u - 2.0) / 2.0;
  if (node == 2) return -(u + 1.0) * u * (u - 2.0) / 2.0;
  return (u + 1.0) * u * (u - 1.0) / 6.0;
}

vec4 bend(vec2 xy) { // the lattice covers the frame, from edge to edge
  vec2 span = vec2(float(size.x) / float(size.y), 1.0);
  vec2 place = (xy / span + 1.0) / 2.0 * vec2(nodes - 1);
  ivec2 first = clamp(ivec2(floor(place)) - 1, ivec2(0), nodes - 4);
  vec2 u = place - vec2(first) - 1.0;
  vec4 sum = vec4(0.0);
  for (int j = 0; j < 4; j++) {
    for (int i = 0; i < 4; i++) {
      ivec2 node = first + ivec2(i, j + lattice * nodes.y);
      vec4 here = mix(texelFetch(mesh, node, 0), texelFetch(mesh, node + ivec2(0, nodes.y), 0), between);
      sum += lagrange(i, u.x) * lagrange(j, u.y) * here;
    }
  }
  return sum;
}

vec2 straight(mat3 back, vec2 xy) {
  vec3 place = back * vec3(xy, 1.0);
  return place.xy / place.z;
}

float coverage(vec2 xy) {
  vec2 inside = vec2(float(size.x) / float(size.y), 1.0) - abs(xy);
  return clamp(min(inside.x, inside.y) / 2.0 / FEATHER, 0.0, 1.0);
}

vec2 pixel(vec2 xy) {
  return (xy * float(size.y) + vec2(size) - 1.0) / 2.0;
}

void main() {
  vec2 xy = (2.0 * gl_FragCoord.xy - vec2(target)) / float(target.y);
  xy = straight(hand, xy);
  vec4 bent = nodes.x > 0 ? bend(xy) : vec4(straight(backBefore, xy), straight(backAfter, xy));
  vec2 placeBefore = bent.xy, placeAfter = bent.zw;
  vec2 weights = shares * vec2(coverage(placeBefore), coverage(placeAfter)) + 1e-6 * step(vec2(0.5), shares);
  weights /= weights.x + weights.y;
  vec3 sum = vec3(0.0);
  if (weights.x > 0.0) sum += weights.x * look(before, pixel(placeBefore), shrinks.x);
  if (weights.y > 0.0) sum += weights.y * look(after, pixel(placeAfter), shrinks.y);
  colour = vec4(sum, 1.0);
}`;

const BINOMIAL = `
vec3 binomial(sampler2D picture, ivec2 at) {
  ivec2 last = textureSize(picture, 0) - 1;
  vec3 sum = vec3(0.0);
  for (int j = -1; j <= 1; j++) {
    for (int i = -1; i <= 1; i++) {
      sum += float((2 - abs(i)) * (2 - abs(j))) * texelFetch(picture, clamp(at + ivec2(i, j), ivec2(0), last), 0).rgb;
    }
  }
  return sum / 16.0;
}`;

/** The square of the fine detail of each pixel but for a rim of two: colour.fine. */
export const DETAIL = `${HEAD}
uniform sampler2D picture;
out vec4 energy;
${BINOMIAL}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy) + 2;
  float detail = dot(texelFetch(picture, at, 0).rgb - binomial(picture, at), vec3(0.2126, 0.7152, 0.0722));
  energy = vec4(detail * detail, 0.0, 0.0, 1.0);
}`;

/** Sums of eight by eight. */
export const SUM = `${HEAD}
uniform sampler2D picture;
out vec4 energy;
void main() {
  ivec2 start = ivec2(gl_FragCoord.xy) * 8, end = min(start + 8, textureSize(picture, 0));
  float sum = 0.0;
  for (int y = start.y; y < end.y; y++) for (int x = start.x; x < end.x; x++) sum += texelFetch(picture, ivec2(x, y), 0).r;
  energy = vec4(sum, 0.0, 0.0, 1.0);
}`;

/** The mix with its fine detail brought up to that of the two dreams: colour.sharpen_to. */
export const SHARPEN = `${HEAD}
uniform sampler2D picture, energy; // the mix, and the sum of its fine detail
uniform float wanted;              // the sum that it should have
out vec4 colour;
${BINOMIAL}
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy), zero = ivec2(0);
  float present = texelFetch(energy, zero, 0).r;
  float gain = present > 0.0 ? clamp(sqrt(wanted / present), 1.0, 1.5) : 1.0; // colour.MOST_SHARPENED
  vec3 here = texelFetch(picture, at, 0).rgb;
  colour = vec4(clamp(here + (gain - 1.0) * (here - binomial(picture, at)), 0.0, 1.0), 1.0);
}`;

/** The frame inside a mask of the screen, over what stands still: Scene.apply_mask. */
export const COVER = `${HEAD}
uniform sampler2D picture, still, mask; // the frame; what stands still; white where the frame is shown
out vec4 colour;
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy);
  colour = vec4(mix(texelFetch(still, at, 0).rgb, texelFetch(picture, at, 0).rgb, texelFetch(mask, at, 0).r), 1.0);
}`;

/** The frame on the canvas, whose row 0 is its bottom; larger by Catmull and Rom's cubic, in nine looks between pixels. */
export const SHOW = `${HEAD}
uniform sampler2D picture;
uniform ivec2 target;
out vec4 colour;
void main() {
  vec2 size = vec2(textureSize(picture, 0)), at = vec2(gl_FragCoord.x, float(target.y) - gl_FragCoord.y);
  if (ivec2(size) == target) {
    colour = texelFetch(picture, ivec2(at), 0);
    return;
  }
  vec2 place = at / vec2(target) * size, middle = floor(place - 0.5) + 0.5, u = place - middle;
  vec2 w0 = u * (-0.5 + u * (1.0 - 0.5 * u)), w1 = 1.0 + u * u * (-2.5 + 1.5 * u);
  vec2 w3 = u * u * (-0.5 + 0.5 * u), w2 = 1.0 - w0 - w1 - w3, w12 = w1 + w2;
  vec2 places[3], weights[3];
  places[0] = (middle - 1.0) / size; places[1] = (middle + w2 / w12) / size; places[2] = (middle + 2.0) / size;
  weights[0] = w0; weights[1] = w12; weights[2] = w3;
  vec3 sum = vec3(0.0);
  for (int j = 0; j < 3; j++) {
    for (int i = 0; i < 3; i++) {
      sum += weights[i].x * weights[j].y * texture(picture, vec2(places[i].x, places[j].y)).rgb;
    }
  }
  colour = vec4(clamp(sum, 0.0, 1.0), 1.0);
}`;
