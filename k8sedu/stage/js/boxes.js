// Boxes that open above the picture: the menu of a shape, the key to the signs, the scenario as text, an error. One at a time.

import { button, drawing, h, menuOf } from "./parts.js";
import { KEY_LIST } from "./words.js";

export class Boxes {
  constructor(player) {
    this.player = player;
    this.element = h("div", { class: "over" });
  }

  open(box, { x, y } = {}) {
    this.shut();
    this.opened = this.player.root.getRootNode().activeElement ?? this.player.root;
    this.element.replaceChildren(box);
    if (x === undefined) box.classList.add("middle");
    else {
      const room = this.player.root.getBoundingClientRect();
      box.style.left = `${Math.max(8, Math.min(x - room.left, room.width - box.offsetWidth - 8))}px`;
      box.style.top = `${Math.max(8, Math.min(y - room.top, room.height - box.offsetHeight - 8))}px`;
    }
    box.querySelector("button")?.focus({ preventScroll: true });
  }

  shut() {
    if (!this.opened) return;
    this.element.replaceChildren();
    this.opened.focus?.({ preventScroll: true });
    this.opened = undefined;
  }

  menu(sprite, rows) {
    const box = sprite.element.getBoundingClientRect();
    const choose = (action) => {
      this.shut();
      this.player.ask({ action, shape: sprite.id });
    };
    this.open(menuOf(rows.map(([name, label]) => [name, this.player.say(label)]), choose), { x: box.right + 6, y: box.top });
    this.element.firstChild.setAttribute("aria-label", this.player.say(sprite.shape.label));
  }

  help() {
    const row = (key, text) => h("div", {}, h("dt", {}, key), h("dd", {}, text));
    const pick = (pair) => pair[this.player.language === "zh" ? 1 : 0];
    const keys = h("dl", {}, ...KEY_LIST.map(([key, text]) => row(h("kbd", {}, key), pick(text))));
    const signs = h("dl", {}, ...this.player.film.legend.map((entry) => row(this.signOf(entry), this.player.say(entry.text))));
    const parts = [h("h3", {}, this.player.word("keyTitle")), keys];
    if (this.player.film.legend.length) parts.push(h("h3", {}, this.player.word("signs")), signs);
    this.open(this.box(this.player.word("keys"), ...parts));
  }

  signOf({ letter, icon, role, hollow }) {
    if (icon && !hollow) return drawing(this.player.film.icons[icon], role, 18);
    const style = hollow ? `border-color:var(--${role})` : `background:var(--${role});border-color:var(--${role});color:var(--on-${role})`;
    return h("span", { class: "letter", style }, ...(icon ? [drawing(this.player.film.icons[icon], "ink", 12)] : [letter]));
  }

  source() {
    const text = h("textarea", { readonly: true, rows: 14, spellcheck: "false" });
    text.value = this.player.film.source;
    const copy = button(this.player.word("copy"), async () => {
      text.select();
      await navigator.clipboard?.writeText(text.value).catch(() => document.execCommand("copy"));
      copy.textContent = this.player.word("copied");
    });
    this.open(this.box(this.player.word("scenario"), text, h("div", { class: "row" }, copy)));
  }

  tell(message) {
    this.open(this.box(message, h("p", { class: "error" }, message)));
  }

  box(name, ...children) {
    const close = button("×", () => this.shut(), { hint: this.player.word("close") });
    close.classList.add("close");
    return h("div", { class: "box", role: "dialog", "aria-label": name }, close, ...children);
  }
}
