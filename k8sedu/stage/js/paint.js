// Shapes on the screen. A sprite is one shape that lives: it keeps its SVG element, knows the numbers it last showed, and writes only what changed.
// A shape that changes glides from what it showed to what it should show; its target may itself move with simulated time.

import { ease } from "./clock.js";
import { numberAt, textAt } from "./film.js";

const SVG = "http://www.w3.org/2000/svg";
export const GLIDE_MS = 280;

export const svg = (tag, attributes = {}, ...children) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

export const paint = (role) => (role ? `var(--${role.replace(":", "-")})` : "none");

const fixed = (value) => String(Math.round(value * 100) / 100);

export function arcPath(r, sweep) {
  if (sweep <= 0.001) return "";
  if (sweep >= 0.999) return `M0,${-r}A${r},${r} 0 1 1 0,${r}A${r},${r} 0 1 1 0,${-r}`;
  const angle = 2 * Math.PI * sweep;
  return `M0,${fixed(-r)}A${fixed(r)},${fixed(r)} 0 ${+(sweep > 0.5)} 1 ${fixed(r * Math.sin(angle))},${fixed(-r * Math.cos(angle))}`;
}

export function arrowHead(x1, y1, x2, y2, size = 8) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  const wing = (turn) => `${fixed(x2 - size * Math.cos(angle + turn))},${fixed(y2 - size * Math.sin(angle + turn))}`;
  return `M${wing(0.5)}L${fixed(x2)},${fixed(y2)}L${wing(-0.5)}`;
}

// Kind of shape → its element, the numbers that may move, and how they are written.
const KINDS = {
  circle: ["circle", ["x", "y", "r"], (s, v) => (s.set("cx", v.x), s.set("cy", v.y), s.set("r", Math.max(0, v.r)))],
  rect: ["rect", ["x", "y", "w", "h"], (s, v) => (s.set("x", v.x), s.set("y", v.y), s.set("width", Math.max(0, v.w)), s.set("height", Math.max(0, v.h)))],
  line: ["path", ["x1", "y1", "x2", "y2"], (s, v) => s.write("d", linePath(v, s.shape.arrow))],
  path: ["path", ["x", "y"], (s, v) => s.place(v)],
  arc: ["path", ["x", "y", "r", "sweep"], (s, v) => (s.place(v), s.write("d", arcPath(v.r, v.sweep)))],
  label: ["text", ["x", "y"], (s, v) => (s.set("x", v.x), s.set("y", v.y + 0.35 * s.shape.size))],
  icon: ["path", ["x", "y"], (s, v) => s.write("transform", iconPlace(v.x, v.y, s.shape.size))],
  token: ["g", ["x", "y"], (s, v) => (s.place(v), s.tail && drawTail(s, v))],
  group: ["g", ["x", "y"], (s, v) => s.place(v)],
};

const iconPlace = (x, y, size) => `translate(${fixed(x)},${fixed(y)}) scale(${fixed(size / 16)}) translate(-8,-8)`;

const linePath = ({ x1, y1, x2, y2 }, arrow) =>
  `M${fixed(x1)},${fixed(y1)}L${fixed(x2)},${fixed(y2)}${arrow ? arrowHead(x1, y1, x2, y2) : ""}`;

// The tail points back along the flight and is never longer than the way flown.
function drawTail(sprite, v) {
  const { x, y, r, tail } = sprite.shape;
  const [dx, dy] = [x, y].map((n) => (Array.isArray(n) ? n[2] - n[3] : 0));
  const come = Math.hypot(v.x - numberAt(x, -Infinity), v.y - numberAt(y, -Infinity));
  const way = Math.hypot(dx, dy) || 1, length = Math.min(r + tail, come);
  const at = (n) => `${fixed((dx / way) * n)},${fixed((dy / way) * n)}`;
  const d = length > r ? `M${at(r)}L${at(length)}` : "";
  if (d !== sprite.tailPath) sprite.tail.setAttribute("d", (sprite.tailPath = d));
}

class Sprite {
  constructor(id, shape, stage) {
    this.id = id;
    this.stage = stage;
    this.written = {};
    this.values = {};
    this.glides = new Map();
    [this.tag, this.numbers, this.draw] = KINDS[shape.kind];
    this.numbers = [...this.numbers, "opacity"];
    this.element = svg(this.tag);
    this.element.sprite = this;
    this.order = shape.order;
    this.dress(shape);
  }

  // Everything about a shape that is not a moving number.
  dress(shape) {
    this.shape = shape;
    const { element, stage } = this, isLines = stage.film.icons[shape.name]?.[1];
    if (shape.kind === "token") this.dressToken(shape);
    else if (shape.kind === "icon") {
      this.write("d", stage.film.icons[shape.name][0]);
      this.colour(isLines ? null : shape.fill, isLines ? shape.fill : null, 1.8);
    } else if (shape.kind !== "group") this.colour(shape.fill, shape.stroke, shape.width, shape.dashed);
    if (shape.kind === "path") this.write("d", shape.d);
    if (shape.kind === "rect") this.set("rx", shape.r);
    if (shape.kind === "label") this.dressLabel(shape);
    if (shape.clickable) this.makeClickable();
    this.counts = Array.isArray(shape.text);
    this.moves = this.counts || this.numbers.some((key) => Array.isArray(shape[key]));
    if (element.isConnected) this.translate();
  }

  colour(fill, stroke, width, dashed) {
    this.style("fill", paint(fill));
    this.style("stroke", paint(stroke));
    if (stroke) this.write("stroke-width", width);
    this.write("stroke-dasharray", dashed ? (width > 2 ? "7 5" : "4 3") : "none");
  }

  dressLabel({ size, weight, anchor, halo }) {
    this.write("font-size", size);
    this.write("font-weight", weight);
    this.write("text-anchor", anchor);
    if (!halo) return;
    this.style("stroke", paint(halo));
    this.element.classList.add("halo");
  }

  dressToken({ r, fill, stroke, width, dashed, text, icon, text_fill }) {
    const ink = paint(text_fill ?? (["paper", "card", null].includes(fill) ? "ink" : `on:${fill.replace("tint:", "")}`));
    const part = (tag, attributes, style, ...children) => {
      const element = svg(tag, attributes, ...children);
      Object.assign(element.style, style);
      return element;
    };
    this.tail = part("path", { class: "tail" }, { stroke: paint(stroke ?? fill) });
    this.tailPath = undefined;
    const dot = part("circle", { r, "stroke-width": width, "stroke-dasharray": dashed ? "4 3" : "none" }, { fill: paint(fill), stroke: paint(stroke) });
    const parts = [this.tail, dot];
    if (icon) {
      const [d, isLines] = this.stage.film.icons[icon];
      const place = { d, transform: iconPlace(0, 0, r * 1.2), "stroke-width": 1.8 };
      parts.push(part("path", place, isLines ? { fill: "none", stroke: ink } : { fill: ink }));
    } else parts.push(part("text", { y: fixed(0.42 * r), "text-anchor": "middle", "font-size": fixed(1.2 * r), "font-weight": 700 }, { fill: ink }, text));
    this.element.replaceChildren(...parts);
  }

  makeClickable() {
    this.write("class", "clickable");
    this.write("role", "button");
    this.write("tabindex", 0);
  }

  // Texts, in the reader's language; a countdown also follows the time.
  translate(time = this.stage.time) {
    const { shape, stage } = this;
    if (shape.kind === "label") {
      const text = textAt(shape.text, stage.film.words, stage.language, time);
      if (text !== this.textShown) this.element.textContent = this.textShown = text;
    }
    if (shape.clickable) this.write("aria-label", textAt(shape.label, stage.film.words, stage.language, time));
  }

  write(name, value) {
    if (this.written[name] === value) return;
    this.written[name] = value;
    this.element.setAttribute(name, value);
  }

  set(name, value) {
    this.write(name, Math.round(value * 100) / 100);
  }

  style(name, value) {
    if (this.written["." + name] === value) return;
    this.written["." + name] = value;
    this.element.style[name] = value;
  }

  place({ x, y }) {
    if (x || y || this.written.transform) this.write("transform", `translate(${fixed(x)},${fixed(y)})`);
  }

  target(key, time) {
    return key === "opacity" && this.leaving ? 0 : numberAt(this.shape[key], time);
  }

  // The shape has changed: remember how far what is shown is from what should be shown, and let that distance shrink.
  change(shape, time, now) {
    const shown = { ...this.values };
    this.dress(shape);
    for (const key of this.numbers) this.glide(key, shown[key] - this.target(key, time), now);
  }

  glide(key, distance, now) {
    if (Math.abs(distance) > 0.01 && this.stage.glideMs) this.glides.set(key, { distance, start: now });
    else this.glides.delete(key);
  }

  enter(time, now) {
    this.glide("opacity", -this.target("opacity", time), now);
    if (this.shape.kind === "rect") this.grow(time, now);
  }

  grow(time, now) {
    const w = this.target("w", time) * 0.3, h = this.target("h", time) * 0.3;
    for (const [key, distance] of [["x", w / 2], ["y", h / 2], ["w", -w], ["h", -h]]) this.glide(key, distance, now);
  }

  leave(now) {
    this.leaving = true;
    this.glide("opacity", this.values.opacity, now);
  }

  // Bring the element to an instant. Tells whether it will look different at the next one.
  show(time, now) {
    for (const key of this.numbers) {
      let value = this.target(key, time);
      const glide = this.glides.get(key);
      if (glide) {
        const left = 1 - ease((now - glide.start) / this.stage.glideMs);
        value += glide.distance * left;
        if (left <= 0) this.glides.delete(key);
      }
      this.values[key] = value;
    }
    this.draw(this, this.values);
    if (this.values.opacity < 1 || this.written.opacity !== undefined) this.set("opacity", Math.max(0, this.values.opacity));
    if (this.counts) this.translate(time);
    return this.glides.size > 0;
  }
}

// A paper with sprites: shows frames, and any instant of them.
export class Stage {
  constructor(film, roots) {
    this.film = film;
    this.roots = roots;
    this.sprites = new Map();
    this.restless = new Set();
    this.leaving = new Set();
    this.language = "en";
    this.glideMs = GLIDE_MS;
    this.time = 0;
  }

  // Make the picture the one of this frame. Shapes with the same id live on.
  cut(frame, time, now, isFirst = false) {
    if (frame.shapes === this.shapes) return;
    const before = this.shapes ?? new Map();
    this.shapes = frame.shapes;
    for (const [id, sprite] of this.sprites) if (frame.shapes.get(id)?.kind !== sprite.shape.kind) this.remove(id, sprite, frame.shapes, now);
    for (const [id, shape] of frame.shapes) {
      const sprite = this.sprites.get(id);
      if (!sprite) this.add(id, shape, time, now, isFirst);
      else if (before.get(id) !== shape) {
        sprite.change(shape, time, now);
        this.restless.add(sprite);
      }
    }
  }

  add(id, shape, time, now, isFirst) {
    for (const old of this.leaving) if (old.id === id) this.drop(old);
    const sprite = new Sprite(id, shape, this);
    const home = shape.parent === undefined ? this.roots[shape.card ? 1 : 0] : this.sprites.get(shape.parent).element;
    let next = null;
    for (let child = home.lastElementChild; child?.sprite && child.sprite.order > sprite.order; child = child.previousElementSibling) next = child;
    home.insertBefore(sprite.element, next);
    this.sprites.set(id, sprite);
    sprite.translate(time);
    if (!isFirst) sprite.enter(time, now);
    this.restless.add(sprite);
  }

  // A shape whose group leaves too simply goes with it.
  remove(id, sprite, shapes, now) {
    this.sprites.delete(id);
    const parent = sprite.shape.parent;
    if (parent !== undefined && !shapes.has(parent)) return void this.restless.delete(sprite);
    sprite.element.removeAttribute("tabindex");
    sprite.element.classList.remove("clickable");
    if (!this.glideMs) return this.drop(sprite);
    sprite.leave(now);
    this.leaving.add(sprite);
    this.restless.add(sprite);
  }

  drop(sprite) {
    sprite.element.remove();
    this.leaving.delete(sprite);
    this.restless.delete(sprite);
  }

  // Show an instant. Tells whether something still glides.
  show(time, now) {
    this.time = time;
    let isGliding = false;
    for (const sprite of this.restless) {
      const glides = sprite.show(time, now);
      isGliding ||= glides;
      if (sprite.leaving && !glides) this.drop(sprite);
      else if (!glides && !sprite.moves) this.restless.delete(sprite);
    }
    return isGliding;
  }

  speak(language) {
    this.language = language;
    for (const sprite of this.sprites.values()) sprite.translate(this.time);
  }

  clear() {
    for (const root of this.roots) root.replaceChildren();
    this.sprites.clear();
    this.restless.clear();
    this.leaving.clear();
    this.shapes = undefined;
  }
}
