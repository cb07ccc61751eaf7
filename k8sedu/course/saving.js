// The player stands in a page once. What a film's "save" writes must play by itself, so each film is given a copy of it, which does not run here.
for (const film of document.querySelectorAll(".k8sedu-film")) {
  const player = document.getElementById("k8sedu-player").textContent;
  film.insertAdjacentHTML("beforeend", `<script type="module">\n${player}</` + "script>");
}
