// The same player in a page without a kernel: a model that answers from the page itself. Mounts every film that has not been mounted yet.

const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
};

const modelOf = (state, markup) => {
  const listeners = [];
  return {
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    on: (kind, listener) => kind === "msg:custom" && listeners.push(listener),
    off: () => {},
    save_changes: () => {},
    send: () => {
      const style = "body{margin:0}.k8sedu-film{max-width:max(700px,150vh);margin:auto}@media(prefers-color-scheme:dark){body{background:#111418}}";
      const html = `<!doctype html><html><head><meta charset="utf-8"><title>k8sedu</title><style>${style}</style></head><body>${markup}</body></html>`;
      for (const listener of listeners) listener({ html, name: "k8sedu.html" });
    },
  };
};

for (const element of document.querySelectorAll(".k8sedu-film:not([data-mounted])")) {
  const markup = element.outerHTML; // what "save" writes: the film as it came, and this very script
  element.dataset.mounted = "yes";
  unpack(element.querySelector(".k8sedu-data").textContent).then((film) => player.render({ model: modelOf({ document: film, step: 0 }, markup), el: element }));
}
