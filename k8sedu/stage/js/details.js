// The rows below the card, and which shape they tell about: the one that the reader chose, else the one that the step is about.

import { textAt } from "./film.js";
import { svg } from "./paint.js";
import { h } from "./parts.js";

export class Details {
  constructor(player) {
    this.player = player;
    this.rows = h("dl");
    this.hint = h("p", { class: "hint" });
  }

  choose(sprite) {
    this.selected = sprite.id;
    this.show();
    this.mark();
    const rows = this.player.isLive && this.player.film.menus[sprite.shape.menu];
    if (rows?.length) this.player.boxes.menu(sprite, rows);
  }

  // The rows below the card: of the chosen shape if it is there, else of the shape that this step is about.
  show() {
    const { film, index, time } = this.player.clock, frame = film.frames[index];
    const shown = [this.selected, frame.focus].find((id) => frame.shapes.get(id)?.details?.length);
    const rows = shown === undefined ? frame.details : frame.shapes.get(shown).details;
    const key = JSON.stringify([shown, rows.map((row) => row.map((text) => textAt(text, film.words, this.player.language, time)))]);
    if (key === this.rowsShown) return;
    this.rowsShown = key;
    this.counts = rows.some((row) => Array.isArray(row[1]));
    if (shown === this.shown && rows === this.rowsOf && this.player.language === this.spoken) return this.count(rows);
    [this.shown, this.rowsOf, this.spoken] = [shown, rows, this.player.language];
    this.rows.replaceChildren(...rows.map(([label, value]) => h("div", {}, h("dt", {}, this.player.say(label)), h("dd", {}, this.player.say(value)))));
    const name = shown !== undefined && shown === this.selected ? this.player.word("selected", this.player.say(frame.shapes.get(shown).label)) + " · " : "";
    this.hint.textContent = name + this.player.word(this.player.isLive ? "hintLive" : "hint");
  }

  // Only the values that count down have changed.
  count(rows) {
    rows.forEach(([, value], i) => Array.isArray(value) && (this.rows.children[i].lastChild.textContent = this.player.say(value)));
  }

  // A ring around the chosen shape. A group carries its ring along.
  mark() {
    this.ring?.remove();
    this.marked?.element.removeAttribute("aria-pressed");
    this.marked = this.player.stage.sprites.get(this.selected);
    if (!this.marked) return;
    this.marked.element.setAttribute("aria-pressed", "true");
    const { shape, element } = this.marked;
    if (element.tagName !== "g") return;
    const box = shape.kind === "token" ? { x: -shape.r, y: -shape.r, width: 2 * shape.r, height: 2 * shape.r } : element.getBBox();
    const [w, hh] = [box.width + 10, box.height + 10];
    const rx = Math.abs(w - hh) < 14 ? Math.min(w, hh) / 2 : 10;
    this.ring = svg("rect", { x: box.x - 5, y: box.y - 5, width: w, height: hh, rx, class: "ring" });
    element.append(this.ring);
  }
}
