// Where the reader is: a frame and an instant. Pure: it is told how many milliseconds of the reader's time have passed.
// Between two frames simulated time goes on, so messages fly; several frames may share an instant, so the frame is kept beside the time.

import { indexAt } from "./film.js";

export const EASE_MS = 320;
export const STEP_MS = 1100; // one step on the screen while playing a film with pace "step"

export const ease = (p) => (p >= 1 ? 1 : p <= 0 ? 0 : 1 - (1 - p) ** 3);

export class Clock {
  constructor(film, slowdown) {
    this.film = film;
    this.slowdown = slowdown;
    this.index = 0;
    this.time = film.times[0];
    this.playing = false;
    this.move = null;
    this.rest = 0;
  }

  get last() {
    return this.film.frames.length - 1;
  }

  get busy() {
    return this.playing || this.move !== null;
  }

  // Another film under the reader's feet: the instant stays, unless the film says where to begin.
  replace(film) {
    this.film = film;
    this.seek(Math.min(this.time, film.end));
    if (film.start != null) this.jump(film.start);
  }

  // Stand still where a glide would end: a question is about the picture that the reader goes to, not about an instant on the way.
  stand() {
    this.pause();
    if (this.move) this.jump(this.goal);
  }

  seek(time) {
    this.move = null;
    this.time = Math.max(this.film.times[0], Math.min(time, this.film.end));
    this.index = indexAt(this.film.times, this.time);
  }

  jump(index) {
    this.move = null;
    this.index = Math.max(0, Math.min(this.last, index));
    this.time = this.film.times[this.index];
  }

  // Go to a frame, simulated time gliding there. A step asked for while gliding counts from where the glide would end.
  glide(index) {
    index = Math.max(0, Math.min(this.last, index));
    this.move = { from: this.time, fromIndex: this.index, to: index, passed: 0 };
  }

  get goal() {
    return this.move ? this.move.to : this.index;
  }

  play() {
    if (this.index >= this.last && this.time >= this.film.end) this.jump(0);
    this.move = null;
    this.rest = 0;
    this.playing = true;
  }

  pause() {
    this.playing = false;
  }

  advance(passed) {
    if (this.move) this.advanceMove(passed);
    else if (this.playing && this.film.pace === "step") this.advanceSteps(passed);
    else if (this.playing) this.advanceTime(passed);
  }

  advanceMove(passed) {
    const { from, fromIndex, to } = this.move;
    this.move.passed += passed;
    const share = ease(this.move.passed / EASE_MS);
    const end = this.film.times[to];
    this.time = from + (end - from) * share;
    const index = indexAt(this.film.times, this.time);
    this.index = to > fromIndex ? Math.max(fromIndex, Math.min(index, to - 1)) : Math.min(fromIndex, Math.max(index, to));
    if (share >= 1) this.jump(to);
  }

  advanceTime(passed) {
    this.time += (passed * 1000) / this.slowdown;
    this.index = Math.max(this.index, indexAt(this.film.times, this.time));
    if (this.time < this.film.end) return;
    this.time = this.film.end;
    this.playing = false;
  }

  advanceSteps(passed) {
    this.rest -= passed;
    if (this.rest > 0) return;
    if (this.index >= this.last) this.playing = false;
    else this.glide(this.index + 1);
    this.rest = STEP_MS * (this.slowdown / 50) - EASE_MS;
  }

  // Where an instant lies on the scrubber, from 0 to 1; and back.
  fraction(time = this.time) {
    const { times, end, pace } = this.film;
    if (pace === "step") {
      const i = indexAt(times, time), next = times[i + 1] ?? times[i] + 1;
      return this.last ? Math.min(1, (i + Math.min(1, Math.max(0, (time - times[i]) / (next - times[i] || 1)))) / this.last) : 0;
    }
    return end > times[0] ? (time - times[0]) / (end - times[0]) : 0;
  }

  seekFraction(share) {
    share = Math.max(0, Math.min(1, share));
    if (this.film.pace === "step") this.jump(Math.round(share * this.last));
    else this.seek(this.film.times[0] + share * (this.film.end - this.film.times[0]));
  }
}
