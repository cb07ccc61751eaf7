// A film as it arrives (differences between scenes, see encoding.py) and as the player wants it: one Map of shapes per frame.
// What did not change between two frames is the same object in both Maps, so "did it change?" is one comparison of references.

export function decodeFilm(data) {
  const frames = [];
  let shapes = new Map(), caption = "", subtitle = "", focus = "", details = [];
  for (const step of data.frames) {
    shapes = new Map(shapes);
    for (const row of step.x ?? []) shapes.delete(data.ids[row]);
    for (const [row, change] of Object.entries(step.s ?? {})) {
      const shape = merge(shapes.get(data.ids[row]), change, data.defaults);
      if (change.kind) Object.assign(shape, { order: shape.layer * 1e6 + Number(row), parent: data.ids[change.parent] });
      shapes.set(data.ids[row], shape);
    }
    caption = step.c ?? caption;
    subtitle = step.u ?? subtitle;
    focus = step.f ?? focus;
    details = step.d ?? details;
    frames.push({ time: step.t, kind: step.k, actor: step.a, caption, subtitle, focus, details, shapes });
  }
  return { ...data, frames, times: frames.map((frame) => frame.time) };
}

// A new shape starts from the defaults of its kind; a changed one from what it was. Rows of details may change one by one.
function merge(old, change, defaults) {
  const base = change.kind ? { ...defaults[change.kind] } : old;
  const next = { ...base, ...change };
  if (change.details && !Array.isArray(change.details)) {
    next.details = base.details.map((row, i) => (i in change.details ? [row[0], change.details[i]] : row));
  }
  return next;
}

// A ramp is [start_us, end_us, start, end]; any other number stands still.
export function numberAt(value, time) {
  if (!Array.isArray(value)) return value;
  const [from, to, start, end] = value;
  if (time >= to) return end;
  if (time <= from) return start;
  return start + ((end - start) * (time - from)) / (to - from);
}

// A text is a string (the same in both languages), a number (row of the table of words), or a countdown [due_us, row, unit_us].
export function textAt(text, words, language, time) {
  if (Array.isArray(text)) {
    const left = Math.max(0, Math.ceil((text[0] - time) / (text[2] ?? 1000)));
    return textAt(text[1], words, language, time).replaceAll("{}", left);
  }
  return typeof text === "number" ? words[text][language === "zh" ? 1 : 0] : text ?? "";
}

// The last frame not after a time; frames may share a time.
export function indexAt(times, time) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

export function milliseconds(time) {
  if (time < 10000) return String(Math.round(time / 100) / 10);
  return String(Math.round(time / 1000)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// "**strong** plain" as pairs [text, is it strong].
export function strongParts(text) {
  return text.split("**").map((part, i) => [part, i % 2 === 1]).filter(([part]) => part);
}
