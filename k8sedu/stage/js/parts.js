// The furniture around the picture: buttons, scrubber, boxes that open. Each part is told what to show and tells what was asked for.

import { milliseconds, strongParts } from "./film.js";
import { paint, svg } from "./paint.js";

export const h = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};

// Drawings on the buttons, in a box of 16 × 16. Shapes, because a font may lack the glyph.
const SIGNS = {
  first: "M3 3H5V13H3ZM13 3V13L6 8Z",
  back: "M11 3V13L4 8Z",
  play: "M4 2.5V13.5L13 8Z",
  pause: "M4 3H7V13H4ZM9 3H12V13H9Z",
  forward: "M5 3V13L12 8Z",
  last: "M11 3H13V13H11ZM3 3V13L10 8Z",
  full: "M2 2H6.5V4H4V6.5H2ZM9.5 2H14V6.5H12V4H9.5ZM2 9.5H4V12H6.5V14H2ZM12 9.5H14V14H9.5V12H12Z",
  source: "M3 1.5H13V14.5H3ZM5 4.5V5.7H11V4.5ZM5 7.4V8.6H11V7.4ZM5 10.3V11.5H9V10.3Z",
  keys: "M5.2 6C5.2 2.2 11 2.3 11 5.8 11 8 8.9 8.2 8.9 10.2H7.1C7.1 7.4 9.1 7.4 9.1 5.8 9.1 4.2 7 4.3 7 6ZM7 11.5H9V13.5H7Z",
};

export const sign = (name) => svg("svg", { viewBox: "0 0 16 16", class: "sign", "aria-hidden": "true" }, svg("path", { d: SIGNS[name] }));

export const button = (label, onclick, { name, hint, strong } = {}) =>
  h("button", { type: "button", onclick, title: hint, "aria-label": hint, class: strong ? "strong" : name ? "round" : "" }, ...(name ? [sign(name)] : []), label);

export const drawing = ([d, isLines], role, size = 16) => {
  const style = isLines ? `fill:none;stroke:${paint(role)};stroke-width:1.8` : `fill:${paint(role)}`;
  return svg("svg", { viewBox: "0 0 16 16", width: size, height: size, class: "sign", "aria-hidden": "true" }, svg("path", { d, style }));
};

export const sentence = (text) => strongParts(text).map(([part, isStrong]) => (isStrong ? h("b", {}, part) : part));

// The scrubber: bands of colour with words above, a handle on them, marks below.
export class Scrubber {
  constructor(clock, onSeek) {
    this.clock = clock;
    this.handle = h("div", { class: "handle" });
    this.bands = h("div", { class: "bands" });
    this.marks = h("div", { class: "marks", "aria-hidden": "true" });
    this.element = h("div", { class: "scrubber", role: "slider", tabindex: "0", "aria-valuemin": 0 }, this.bands, this.handle, this.marks);
    const seek = (event) => {
      const box = this.bands.getBoundingClientRect();
      onSeek((event.clientX - box.left) / box.width);
    };
    this.element.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".mark") || event.button) return;
      this.element.setPointerCapture(event.pointerId);
      seek(event);
    });
    this.element.addEventListener("pointermove", (event) => this.element.hasPointerCapture(event.pointerId) && seek(event));
  }

  fill(film, say, name, onMark) {
    const at = (time) => `${this.clock.fraction(time) * 100}%`;
    const band = ([start, end, text, role, faint]) => {
      const width = this.clock.fraction(end) - this.clock.fraction(start);
      const style = `left:${at(start)};width:calc(${width * 100}% - 1px);background:${paint(faint ? `tint:${role}` : role)}`;
      return h("div", { class: "band", style, title: say(text) }, h("span", {}, say(text)));
    };
    const mark = ([time, icon, label]) =>
      h("div", { class: "mark", style: `left:${at(time)}`, title: say(label), onclick: () => onMark(time) }, drawing(film.icons[icon], "muted", 14));
    this.bands.replaceChildren(...film.bands.map(band));
    this.marks.replaceChildren(...film.marks.map(mark));
    this.element.setAttribute("aria-valuemax", film.frames.length - 1);
    this.element.setAttribute("aria-label", name);
  }

  // Words that do not fit their band are taken away rather than cut, and marks that would lie upon each other thin out.
  tidy() {
    for (const { firstChild: word, clientWidth } of this.bands.children) word.hidden = false, (word.hidden = word.offsetWidth > clientWidth - 10);
    let last = -Infinity;
    for (const mark of this.marks.children) {
      const left = (parseFloat(mark.style.left) / 100) * this.marks.clientWidth;
      mark.hidden = left - last < 12;
      if (!mark.hidden) last = left;
    }
  }

  show() {
    const { clock } = this;
    const left = `${Math.round(clock.fraction() * 1e5) / 1e3}%`;
    if (left !== this.left) this.handle.style.left = this.left = left;
  }

  announce(text) {
    const { index, film, time } = this.clock;
    this.element.setAttribute("aria-valuenow", index);
    this.element.setAttribute("aria-valuetext", text + (film.pace === "time" ? `, ${milliseconds(time)} ms` : ""));
  }
}

// A list of things to do, at a place. Arrows walk through it, Escape closes it.
export function menuOf(rows, choose) {
  const items = rows.map(([name, label]) => h("button", { type: "button", role: "menuitem", onclick: () => choose(name) }, label));
  const menu = h("div", { class: "menu", role: "menu" }, ...items);
  menu.addEventListener("keydown", (event) => {
    const turn = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!turn) return;
    event.preventDefault();
    const at = items.indexOf(menu.getRootNode().activeElement);
    items[(at + turn + items.length) % items.length].focus();
  });
  return menu;
}

// One control of a live laboratory.
export function controlOf(control, say, send) {
  const { kind, id, label, value } = control;
  const field = (...children) => h("label", { class: "control" }, h("span", {}, say(label)), ...children);
  if (kind === "button") return h("button", { type: "button", onclick: () => send(id, true) }, say(label));
  if (kind === "toggle") return field(h("input", { type: "checkbox", checked: value, onchange: (event) => send(id, event.target.checked) }));
  if (kind === "choice") {
    const options = control.options.map(([name, text]) => h("option", { value: name, selected: name === value }, say(text)));
    return field(h("select", { onchange: (event) => send(id, event.target.value) }, ...options));
  }
  if (kind === "textbox") return textBox(control, say, send);
  const shown = h("output", {}, control.form.replace("{}", value));
  const oninput = (event) => (shown.textContent = control.form.replace("{}", event.target.value));
  const onchange = (event) => send(id, Number(event.target.value));
  return field(h("input", { type: "range", min: control.low, max: control.high, step: control.step, value, oninput, onchange }), shown);
}

// A box for a few lines of text. Nothing is sent twice: leaving the box sends what is new, and so do the button and Ctrl+Enter.
function textBox({ id, label, value, rows, apply }, say, send) {
  let sent = value;
  const area = h("textarea", { rows, spellcheck: "false", "aria-label": say(label) });
  const give = () => area.value !== sent && send(id, (sent = area.value));
  area.value = value;
  area.addEventListener("change", give);
  area.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && give());
  return h("div", { class: "control text" }, h("span", {}, say(label)), area, button(say(apply), give));
}
