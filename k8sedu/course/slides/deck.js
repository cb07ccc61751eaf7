// A deck in the reader's browser: the type of full slides, the room of films, and whose keys are whose.
// `window.k8seduDeck.overflowing()` tells which slides are too full; the build asks it.

(() => {
  const TYPE = [32, 28, 25, 22.5, 20.5]; // px on a sheet of 1280 × 720: the smallest is still 2.8 % of the sheet's height
  const SMALLEST_FILM = 0.55; // of 960 px, where a film's smallest letters are 12 px
  const sheets = () => [...document.querySelectorAll(".slides section > .sheet")];
  const films = () => [...document.querySelectorAll(".frame > .k8sedu-film")];
  const playerOf = (film) => film.querySelector(":scope > div")?.k8sedu;

  // ---- how full a sheet is

  const isWider = (box) => box.scrollWidth > box.clientWidth + 1;
  const isHigher = (box) => box.scrollHeight > box.clientHeight + 1;

  function tooFull(sheet) {
    const parts = [...sheet.querySelectorAll(".body, .column")];
    const high = parts.find(isHigher), wide = [...parts, ...sheet.querySelectorAll("pre, .table, .prose")].find(isWider);
    if (high) return `${high.scrollHeight - high.clientHeight} px too high`;
    if (wide) return `${wide.scrollWidth - wide.clientWidth} px too wide`;
    return isHigher(sheet) ? `${sheet.scrollHeight - sheet.clientHeight} px too high` : "";
  }

  function setType(sheet) {
    const isRead = !sheet.querySelector(".picture, .film"); // where there is something to look at, the room is for that
    for (const size of isRead ? TYPE : TYPE.slice(1)) {
      sheet.style.setProperty("--type", `${size}px`);
      if (!tooFull(sheet)) return;
    }
  }

  // ---- films: as large as the room allows

  function place(film) {
    const frame = film.parentElement, box = frame.parentElement, high = film.offsetHeight;
    if (!box.clientWidth || !high) return;
    const scale = Math.min(box.clientWidth / 960, box.clientHeight / high);
    frame.style.transform = `scale(${scale}) translateX(-50%)`;
    frame.dataset.scale = scale;
  }

  function hold(film) {
    const watch = new ResizeObserver(() => place(film));
    watch.observe(film);
    watch.observe(film.closest(".film"));
  }

  // ---- keys: a film that was clicked has them, until Escape or another slide

  const filmWithKeys = () => document.activeElement?.closest?.(".k8sedu-film");

  function key(event) {
    const film = filmWithKeys();
    if (!film) return;
    if (event.key === "Escape" && !playerOf(film)?.root.querySelector(".over > *")) document.activeElement.blur();
    else if (event.key === "PageDown") Reveal.next();
    else if (event.key === "PageUp") Reveal.prev();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function leave() {
    if (filmWithKeys()) document.activeElement.blur();
    for (const film of films()) {
      const player = playerOf(film);
      if (player?.clock.playing && !film.closest("section").classList.contains("present")) player.toggle();
    }
    films().forEach(place);
  }

  // ---- what the build asks

  const nameOf = (sheet) => {
    const heading = sheet.querySelector(".heading");
    return { cell: sheet.closest("section").id, title: heading ? heading.textContent : "", slide: sheets().indexOf(sheet) + 1 };
  };

  function overflowing() {
    const found = [];
    for (const sheet of sheets()) {
      const small = [...sheet.querySelectorAll(".frame")].find((frame) => Number(frame.dataset.scale ?? 1) < SMALLEST_FILM);
      const by = sheet.dataset.full || (small ? "a film has too little room" : "");
      if (by) found.push({ ...nameOf(sheet), by });
    }
    return found;
  }

  // For paper: a film stands at the step that its author named, else where it ends.
  function toStills() {
    for (const film of films()) {
      const player = playerOf(film);
      player.clock.jump(Number(film.closest(".film").dataset.still ?? player.clock.last));
      player.settle();
    }
  }

  // ---- start

  document.body.classList.add("measuring");
  for (const sheet of sheets()) {
    setType(sheet);
    sheet.dataset.full = tooFull(sheet);
  }
  document.body.classList.remove("measuring");
  films().forEach(hold);
  document.addEventListener("keydown", key, true);
  const ready = Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    minScale: 0.1,
    maxScale: 4,
    center: false,
    hash: true,
    slideNumber: "c/t",
    controlsTutorial: false,
    transition: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "fade",
    transitionSpeed: "fast",
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    showNotes: false,
    keyboardCondition: () => !filmWithKeys(),
    plugins: window.RevealNotes ? [RevealNotes] : [],
  });
  Reveal.on("slidechanged", leave);
  window.k8seduDeck = { overflowing, ready, films, playerOf, toStills };
})();
