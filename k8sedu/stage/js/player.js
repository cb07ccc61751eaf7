// The player: one ES module for the live widget (anywidget calls `render`) and for an exported file (static.js calls it).
// It lives in a shadow root, so a page's style cannot break it, several players do not meet, and keys never leak out of it.

import { Boxes } from "./boxes.js";
import { Clock } from "./clock.js";
import { Details } from "./details.js";
import { decodeFilm, indexAt, milliseconds, textAt } from "./film.js";
import { GLIDE_MS, Stage, svg } from "./paint.js";
import { Scrubber, button, controlOf, h, sentence, sign } from "./parts.js";
import { WORDS } from "./words.js";

const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const WIDE = 760; // narrower than this, the card moves below the stage

export class Player {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.frameTimes = [];
    this.film = this.decoded();
    this.language = this.film.language;
    this.clock = new Clock(this.film, this.film.slowdown);
    this.build();
    this.stage = new Stage(this.film, [this.stageSvg, this.cardSvg]);
    this.watch();
    this.furnish();
    this.settle(true);
  }

  decoded() {
    const film = decodeFilm(this.model.get("document"));
    film.end = film.end_us;
    return film;
  }

  // A text of the film.
  say(text) {
    return textAt(text, this.film.words, this.language, this.clock.time);
  }

  // One of the player's own texts, by its name.
  word(name, ...values) {
    return values.reduce((line, value) => line.replace("{}", value), WORDS[name][this.language === "zh" ? 1 : 0]);
  }

  // ---- what stands where

  build() {
    const [width, height, cardWidth, cardHeight] = this.film.paper;
    this.stageSvg = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "stage", role: "group" });
    this.cardSvg = svg("svg", { viewBox: `0 0 ${cardWidth || 1} ${cardHeight || 1}`, role: "group" });
    this.title = h("h2");
    this.subtitle = h("p", { class: "subtitle" });
    this.details = new Details(this);
    this.card = h("aside", {}, h("div", { class: "sheet" }, cardHeight ? this.cardSvg : "", this.details.rows, this.details.hint));
    this.caption = h("p", { class: "caption", "aria-live": "polite" });
    this.scrubber = new Scrubber(this.clock, (share) => this.seek(() => this.clock.seekFraction(share)));
    this.buttons = h("div", { class: "buttons" });
    this.controls = h("div", { class: "controls" });
    this.boxes = new Boxes(this);
    this.main = h("main", {}, this.stageSvg, cardWidth ? this.card : "");
    const header = h("header", {}, this.title, this.subtitle);
    this.root = h("section", { class: "player", tabindex: "0" }, header, this.main, this.caption, this.scrubber.element, this.buttons, this.controls, this.boxes.element);
    this.main.style.setProperty("--columns", `minmax(0, ${width}fr) minmax(0, ${cardWidth || 1}fr)`);
    const shadow = this.el.shadowRoot ?? this.el.attachShadow({ mode: "open" });
    shadow.replaceChildren(h("style", {}, STYLE), this.root);
    this.el.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab looks for this before it runs a shortcut
    this.el.k8sedu = this;
  }

  // Everything that depends on the film or the language.
  furnish() {
    const { film, clock } = this, say = (text) => this.say(text);
    this.root.setAttribute("lang", this.language === "zh" ? "zh-Hans" : "en");
    this.root.setAttribute("aria-label", say(film.title));
    this.title.textContent = say(film.title);
    this.scrubber.fill(film, say, this.word("position"), (time) => this.go(indexAt(film.times, time)));
    const move = (name, act) => button("", act, { name, hint: this.word(name) });
    this.playButton = h("button", { type: "button", class: "play strong", onclick: () => this.toggle() });
    this.jumps = film.jumps.map(([label, steps, short]) => Object.assign(button(say(short), () => this.nextOf(steps), { hint: say(label) }), { steps }));
    const [first, back] = [move("first", () => this.go(0)), move("back", () => this.by(-1))];
    const [forward, last] = [move("forward", () => this.by(1)), move("last", () => this.go(clock.last))];
    this.buttons.replaceChildren(
      h("div", {}, first, back, this.playButton, forward, last),
      this.jumps.length ? h("div", { class: "control jumps" }, h("span", {}, this.word("next")), ...this.jumps) : "",
      h("label", { class: "control speed" }, h("span", {}, this.word("speed")), this.speedSlider(), (this.speedShown = h("output"))),
      h("div", { class: "right" }, ...this.rightButtons()),
    );
    const send = (control, value) => this.ask({ control, value });
    const controls = this.isLive ? film.controls.map((control) => controlOf(control, say, send)) : [];
    if (film.source && this.isLive) controls.push(button(this.word("scenario"), () => this.boxes.source()));
    this.controls.replaceChildren(...controls);
    this.controls.hidden = !this.controls.childElementCount;
    this.showSpeed();
    this.measure();
  }

  get isLive() {
    return Boolean(this.model.get("live"));
  }

  speedSlider() {
    const oninput = (event) => this.setSpeed(SPEEDS.length - 1 - event.target.value);
    this.speed = h("input", { type: "range", min: 0, max: SPEEDS.length - 1, step: 1, oninput, "aria-label": this.word("speed") });
    return this.speed;
  }

  rightButtons() {
    const other = h("button", { type: "button", onclick: () => this.speak(this.language === "zh" ? "en" : "zh") }, this.language === "zh" ? "EN" : "中");
    other.setAttribute("aria-label", WORDS.language[this.language === "zh" ? 1 : 0]);
    return [
      ...(this.film.source && !this.isLive ? [button("", () => this.boxes.source(), { name: "source", hint: this.word("scenario") })] : []),
      other,
      button("", () => this.boxes.help(), { name: "keys", hint: this.word("keys") }),
      button("", () => this.fullScreen(), { name: "full", hint: this.word("full") }),
      button(this.word("save"), () => this.model.send({ save: true }), { hint: this.word("saveHint") }),
    ];
  }

  // ---- what the page tells

  watch() {
    const { signal } = (this.gone = new AbortController());
    const dark = matchMedia("(prefers-color-scheme: dark)"), still = matchMedia("(prefers-reduced-motion: reduce)");
    dark.addEventListener("change", () => this.dress(), { signal });
    still.addEventListener("change", () => this.dress(), { signal });
    document.addEventListener("fullscreenchange", () => this.measure(), { signal });
    this.isDark = () => dark.matches;
    this.isStill = () => still.matches;
    this.bodyWatch = new MutationObserver(() => this.dress());
    this.bodyWatch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    this.sizeWatch = new ResizeObserver(() => this.measure());
    this.sizeWatch.observe(this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["keyup", "keypress"]) this.root.addEventListener(kind, (event) => event.stopPropagation());
    this.root.addEventListener("click", (event) => this.click(event));
    this.onDocument = () => this.replace();
    this.onStep = () => this.model.get("step") !== this.clock.index && this.go(this.model.get("step"));
    this.onMessage = (message) => this.receive(message);
    this.model.on("change:document", this.onDocument);
    this.model.on("change:step", this.onStep);
    this.model.on("msg:custom", this.onMessage);
    this.dress();
  }

  close() {
    this.gone.abort();
    this.bodyWatch.disconnect();
    this.sizeWatch.disconnect();
    this.model.off("change:document", this.onDocument);
    this.model.off("change:step", this.onStep);
    this.model.off("msg:custom", this.onMessage);
    cancelAnimationFrame(this.request);
  }

  dress() {
    const jupyter = document.body.dataset.jpThemeLight;
    const auto = jupyter ? jupyter === "false" : this.isDark();
    this.root.dataset.theme = this.film.theme === "auto" ? (auto ? "dark" : "light") : this.film.theme;
    if (this.stage) this.stage.glideMs = this.isStill() ? 0 : GLIDE_MS;
  }

  measure() {
    const { clientWidth: width } = this.root, isFull = document.fullscreenElement === this.el;
    if (!width) return;
    const unit = Math.max(1, isFull ? Math.min(width / 960, innerHeight / 616) : width / 960);
    this.root.style.setProperty("--u", `${Math.round(unit * 1000) / 1000}px`);
    this.root.classList.toggle("narrow", width < WIDE);
    this.root.classList.toggle("full", isFull);
    this.scrubber.tidy();
    this.scrubber.show();
    this.reserve();
  }

  // Room for the longest caption of the film, so that nothing below moves when a caption has two lines.
  reserve() {
    const style = getComputedStyle(this.caption), pen = document.createElement("canvas").getContext("2d");
    pen.font = style.font;
    const room = this.caption.clientWidth - 2 * parseFloat(style.paddingLeft);
    const texts = new Set(this.film.frames.map((frame) => frame.caption));
    const widest = Math.max(0, ...[...texts].map((text) => pen.measureText(this.say(text)).width));
    this.root.style.setProperty("--lines", Math.max(1, Math.ceil((widest * 1.04) / Math.max(room, 1))));
  }

  // ---- moving through the film

  by(steps) {
    this.clock.pause();
    if (this.isStill()) this.clock.jump(this.clock.goal + steps);
    else this.clock.glide(this.clock.goal + steps);
    this.run();
  }

  go(index) {
    this.by(index - this.clock.goal);
  }

  seek(act) {
    this.clock.pause();
    act();
    this.run();
  }

  nextOf(steps) {
    const next = steps.find((step) => step > this.clock.goal);
    if (next !== undefined) this.go(next);
  }

  toggle() {
    if (this.clock.playing) this.clock.pause();
    else this.clock.play();
    this.run();
  }

  setSpeed(row) {
    this.clock.slowdown = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, row))];
    this.showSpeed();
  }

  faster(turn) {
    const row = SPEEDS.findIndex((speed) => speed >= this.clock.slowdown);
    this.setSpeed(row - turn);
  }

  showSpeed() {
    const { slowdown } = this.clock, row = SPEEDS.findIndex((speed) => speed >= slowdown);
    this.speed.value = SPEEDS.length - 1 - row;
    this.speedShown.textContent = this.film.pace === "step" ? `${Math.round((50 / slowdown) * 100) / 100}×` : `1/${slowdown}`;
    this.speed.setAttribute("aria-valuetext", this.speedShown.textContent);
  }

  // ---- one picture after the other

  run() {
    if (this.request === undefined) this.before = undefined;
    this.request ??= requestAnimationFrame((now) => this.frame(now));
  }

  frame(now) {
    const start = performance.now();
    this.clock.advance(Math.min(100, this.before === undefined ? 16 : now - this.before));
    this.before = now;
    const isGliding = this.show(now);
    this.request = undefined;
    if (this.clock.busy || isGliding) this.request = requestAnimationFrame((later) => this.frame(later));
    else this.settled();
    this.frameTimes.push(performance.now() - start);
    if (this.frameTimes.length > 4000) this.frameTimes.splice(0, 2000);
  }

  show(now) {
    const { clock, stage } = this;
    const isNew = clock.index !== this.indexShown || clock.film.frames[clock.index] !== this.frameShown;
    if (isNew) stage.cut(clock.film.frames[clock.index], clock.time, now, this.frameShown === undefined);
    const isGliding = stage.show(clock.time, now);
    this.showTime();
    if (isNew) this.showFrame();
    else if (this.details.counts) this.details.show();
    if (clock.playing !== this.playingShown) this.showPlaying();
    return isGliding;
  }

  showTime() {
    const { film, index, time } = this.clock;
    const when = film.pace === "time" ? `${milliseconds(time)} ms` : this.word("step", index, film.frames.length - 1);
    if (when !== this.whenShown) {
      const subtitle = this.say(film.frames[index].subtitle);
      this.subtitle.textContent = (subtitle ? `${subtitle} · ` : "") + (this.whenShown = when);
    }
    this.scrubber.show();
  }

  showFrame() {
    const { index, film } = this.clock;
    this.indexShown = index;
    this.frameShown = film.frames[index];
    const caption = this.say(this.frameShown.caption);
    if (caption !== this.captionShown) this.caption.replaceChildren(...sentence((this.captionShown = caption)));
    for (const jump of this.jumps) jump.disabled = !jump.steps.some((step) => step > index);
    this.details.show();
    this.details.mark();
  }

  showPlaying() {
    const { playing } = this.clock;
    this.playingShown = playing;
    this.playButton.replaceChildren(sign(playing ? "pause" : "play"), this.word(playing ? "pause" : "play"));
    this.caption.setAttribute("aria-live", playing ? "off" : "polite"); // while playing it would talk without end
  }

  settled() {
    this.scrubber.announce(this.word("step", this.clock.index, this.clock.last));
    if (this.model.get("step") === this.clock.index) return;
    this.model.set("step", this.clock.index);
    this.model.save_changes();
  }

  // Show everything anew, at once.
  settle(isFirst = false) {
    this.indexShown = this.playingShown = this.captionShown = this.whenShown = undefined;
    this.stage.language = this.language;
    if (isFirst) this.clock.jump(this.model.get("step") || this.film.start || 0);
    this.show(performance.now());
    this.stage.speak(this.language);
    this.run();
  }

  // ---- choosing shapes

  click(event) {
    const sprite = event.composedPath().map((element) => element.sprite).find((sprite) => sprite?.shape.clickable);
    if (!event.composedPath().includes(this.boxes.element)) this.boxes.shut();
    if (sprite) this.details.choose(sprite);
  }

  // ---- full screen

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.el.requestFullscreen?.().then(() => this.root.focus());
  }

  // ---- keys: only while the player has the focus, and they never go further

  key(event) {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.boxes.shut();
    const path = event.composedPath(), target = path[0];
    if (target.matches("input, select, textarea") || path.includes(this.boxes.element)) return;
    const act = this.keyActions(event)[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const isPress = event.key === " " || event.key === "Enter";
    if (isPress && target.matches("button")) return;
    if (isPress && target.sprite) this.details.choose(target.sprite);
    else if (act) act();
    else return;
    event.preventDefault();
  }

  keyActions({ shiftKey }) {
    const far = shiftKey ? 10 : 1;
    return {
      " ": () => this.toggle(),
      ArrowLeft: () => this.by(-far),
      ArrowRight: () => this.by(far),
      Home: () => this.go(0),
      End: () => this.go(this.clock.last),
      ...Object.fromEntries(["+", "="].map((plus) => [plus, () => this.faster(1)])),
      "-": () => this.faster(-1),
      f: () => this.fullScreen(),
      "?": () => this.boxes.help(),
    };
  }

  // ---- talking with Python

  ask(question) {
    this.clock.stand();
    this.run();
    this.root.setAttribute("aria-busy", "true");
    this.model.send({ ...question, time_us: Math.round(this.clock.time), step: this.clock.index });
  }

  receive(message) {
    this.root.removeAttribute("aria-busy");
    if (message.error) this.boxes.tell(message.error);
    if (!message.html) return;
    const link = h("a", { href: URL.createObjectURL(new Blob([message.html], { type: "text/html" })), download: message.name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // Another run under the reader's eyes: the instant stays, shapes of the same id glide to their new state.
  replace() {
    this.root.removeAttribute("aria-busy");
    this.film = this.stage.film = this.decoded();
    this.clock.replace(this.film);
    this.furnish();
    this.dress();
    this.settle();
  }

  speak(language) {
    this.language = language;
    this.details.rowsShown = undefined;
    this.boxes.shut();
    this.furnish();
    this.settle();
  }
}

export default {
  render({ model, el }) {
    const home = document.createElement("div");
    el.append(home);
    const player = new Player(model, home);
    return () => player.close();
  },
};
