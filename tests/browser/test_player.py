from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser.chromium import Watched
from k8sedu.stage import Player
from k8sedu.stage.specimen import specimen

pytestmark = pytest.mark.browser

HOME = "document.querySelector('.k8sedu-film > div')"
PLAYER = "document.querySelector('.k8sedu-film > div').k8sedu"
Watch = Callable[..., Watched]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A specimen saved as a file."""
    return Player(specimen()).save(tmp_path_factory.mktemp("film") / "specimen.html")


def opened(watch: Watch, film: Path, **options: Any) -> Watched:
    watched = watch(**options)
    watched.page.goto(film.as_uri())
    watched.page.wait_for_function(f"() => {PLAYER} !== undefined")
    watched.page.locator(".player").first.focus()
    return watched


def index(watched: Watched) -> int:
    return int(watched.page.evaluate(f"{PLAYER}.clock.goal"))


def at_rest(watched: Watched) -> None:
    watched.page.wait_for_function(f"() => !{PLAYER}.clock.busy && {PLAYER}.request === undefined")


def live(watched: Watched) -> None:
    """Pretend that a kernel listens; what is sent lands in `window.sent`."""
    watched.page.evaluate(
        f"""() => {{
            const player = {PLAYER}, get = player.model.get;
            player.model.get = (name) => (name === "live" ? true : get(name));
            player.model.send = (message) => (window.sent = message);
            player.furnish();
            player.settle();
        }}"""
    )


def test_a_saved_film_asks_for_nothing(watch: Watch, film: Path) -> None:
    """The exported file plays with the network cut."""
    watched = opened(watch, film, offline=True)
    watched.page.keyboard.press("ArrowRight")
    at_rest(watched)
    assert index(watched) == 1
    watched.no_network()


def test_keys_move_through_the_film(watch: Watch, film: Path) -> None:
    """Each key does what the key list says, and a burst of presses loses none."""
    watched = opened(watch, film)
    press = watched.page.keyboard.press
    for key, expected in [
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("Shift+ArrowRight", 12),
        ("ArrowLeft", 11),
        ("End", 39),
        ("Shift+ArrowLeft", 29),
        ("Home", 0),
    ]:
        press(key)
        assert index(watched) == expected, key
    speed = watched.page.evaluate(f"{PLAYER}.clock.slowdown")
    press("+")
    assert watched.page.evaluate(f"{PLAYER}.clock.slowdown") < speed
    press("-")
    assert watched.page.evaluate(f"{PLAYER}.clock.slowdown") == speed


def test_space_plays_and_pauses(watch: Watch, film: Path) -> None:
    """While playing simulated time runs on by itself; pausing stops it where it is."""
    watched = opened(watch, film)
    watched.page.keyboard.press("Space")
    watched.page.wait_for_function(f"() => {PLAYER}.clock.index >= 2")
    watched.page.keyboard.press("Space")
    at_rest(watched)
    time = watched.page.evaluate(f"{PLAYER}.clock.time")
    watched.page.wait_for_timeout(120)
    assert watched.page.evaluate(f"{PLAYER}.clock.time") == time


def test_every_clickable_shape_is_reached_by_tab(watch: Watch, film: Path) -> None:
    """A reader without a mouse reaches every node and message, hears its name, and chooses it with Enter."""
    watched = opened(watch, film)
    watched.page.keyboard.press("Shift+ArrowRight")
    at_rest(watched)
    wanted = set(watched.page.evaluate(f"() => [...{HOME}.shadowRoot.querySelectorAll('.clickable')].map((e) => e.ariaLabel)"))
    assert "node n3" in wanted
    reached = set()
    for _ in range(len(wanted) + 2):
        watched.page.keyboard.press("Tab")
        active = watched.page.evaluate(f"() => {HOME}.shadowRoot.activeElement.ariaLabel")
        if active == "node n3":
            watched.page.keyboard.press("Enter")
        reached.add(active)
    assert wanted <= reached
    assert watched.page.evaluate(f"{PLAYER}.details.selected") == "node/n3"


def test_clicking_a_node_shows_its_state(watch: Watch, film: Path) -> None:
    """The panel tells about the chosen shape, also after further steps."""
    watched = opened(watch, film)
    watched.page.get_by_role("button", name="node n2").click()
    assert "n2" in watched.page.locator("dl dt").first.inner_text()
    watched.page.keyboard.press("ArrowRight")
    at_rest(watched)
    assert "n2" in watched.page.locator("dl dt").first.inner_text()
    assert "selected: node n2" in watched.page.locator(".hint").inner_text()


def test_the_scrubber_follows_the_pointer(watch: Watch, film: Path) -> None:
    """Dragging the handle to the middle goes to the middle of the run."""
    watched = opened(watch, film)
    box = watched.page.locator(".bands").bounding_box()
    watched.page.mouse.move(box["x"] + 5, box["y"] + 5)
    watched.page.mouse.down()
    watched.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5, steps=4)
    watched.page.mouse.up()
    assert watched.page.evaluate(f"{PLAYER}.clock.fraction()") == pytest.approx(0.5, abs=0.01)


def test_jump_buttons_go_to_the_next_of_their_kind(watch: Watch, film: Path) -> None:
    """The button of elections walks through the elections and rests after the last one."""
    watched = opened(watch, film)
    button = watched.page.get_by_role("button", name="next election")
    for expected in (7, 14, 21, 28, 35):
        button.click()
        at_rest(watched)
        assert index(watched) == expected
    assert button.is_disabled()


def test_both_languages_are_inside(watch: Watch, film: Path) -> None:
    """The reader changes the language without Python, and nothing in Chinese is cut off."""
    watched = opened(watch, film)
    watched.page.get_by_role("button", name="中文").click()
    assert watched.page.locator("h2").inner_text() == "失去一个领导者，选出一个领导者"
    assert "同意投票" in watched.page.locator(".caption").inner_text()
    parts = f"[...{HOME}.shadowRoot.querySelectorAll('button, dt, .caption')]"
    cut = f"() => {parts}.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"
    assert watched.page.evaluate(cut) == []


@pytest.mark.parametrize("width", [600, 800, 960, 1280])
def test_no_text_is_small_and_none_lies_outside(watch: Watch, film: Path, width: int) -> None:
    """At 960 px and more no text is under 12 px; at any width nothing sticks out sideways."""
    watched = opened(watch, film, width=width, height=900)
    sizes = watched.page.evaluate(
        """() => {
            const root = document.querySelector('.k8sedu-film > div').shadowRoot, sizes = [];
            for (const e of root.querySelectorAll('*')) {
                const hasText = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
                if (!hasText || !e.getClientRects().length || e.tagName === 'STYLE') continue;
                const scale = e.ownerSVGElement ? e.getCTM().a : 1;
                sizes.push([parseFloat(getComputedStyle(e).fontSize) * scale, e.textContent]);
            }
            return sizes.sort((a, b) => a[0] - b[0]);
        }"""
    )
    if width >= 960:
        assert sizes[0][0] >= 11.99, sizes[0]
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= width


def test_reduced_motion_steps_at_once(watch: Watch, film: Path) -> None:
    """Who asked the system for less motion sees each step without gliding."""
    watched = opened(watch, film, reduced_motion="reduce")
    watched.page.keyboard.press("ArrowRight")
    assert watched.page.evaluate(f"{PLAYER}.clock.move") is None
    assert watched.page.evaluate(f"{PLAYER}.stage.glideMs") == 0


def test_dark_follows_the_system_and_jupyterlab(watch: Watch, film: Path) -> None:
    """The theme is the system's, unless JupyterLab says otherwise, and it changes while the page is open."""
    watched = opened(watch, film, color_scheme="dark")
    theme = f"{PLAYER}.root.dataset.theme"
    assert watched.page.evaluate(theme) == "dark"
    watched.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    watched.page.wait_for_function(f"() => {theme} === 'light'")


def test_a_menu_is_used_with_the_keyboard(watch: Watch, film: Path) -> None:
    """In a laboratory Enter opens a node's menu, arrows walk in it, Enter asks Python, Escape closes it."""
    watched = opened(watch, film)
    live(watched)
    watched.page.get_by_role("button", name="node n2").focus()
    watched.page.keyboard.press("Enter")
    assert watched.page.get_by_role("menuitem").count() == 4
    watched.page.keyboard.press("Escape")
    assert watched.page.get_by_role("menuitem").count() == 0
    watched.page.keyboard.press("Enter")
    watched.page.keyboard.press("ArrowDown")
    watched.page.keyboard.press("Enter")
    assert watched.page.evaluate("window.sent") == {"action": "pause", "shape": "node/n2", "time_us": 0, "step": 0}


def test_controls_ask_python(watch: Watch, film: Path) -> None:
    """A control of the laboratory sends its name and value."""
    watched = opened(watch, film)
    live(watched)
    watched.page.get_by_role("button", name="spread timers").click()
    assert watched.page.evaluate("window.sent.control") == "spread"
    watched.page.get_by_label("size").select_option("7")
    assert watched.page.evaluate("[window.sent.control, window.sent.value]") == ["size", "7"]


def test_another_run_keeps_the_instant_and_the_shapes(watch: Watch, film: Path) -> None:
    """When Python answers with another film, the reader stays at the same time and elements of the same id live on."""
    watched = opened(watch, film)
    watched.page.keyboard.press("Shift+ArrowRight")
    at_rest(watched)
    kept = watched.page.evaluate(
        f"""() => {{
            const player = {PLAYER}, before = player.stage.sprites.get("node/n1").element, time = player.clock.time;
            const film = structuredClone(player.model.get("document"));
            film.frames.splice(12);
            player.model.set("document", film);
            player.replace();
            return [player.clock.time === time, player.stage.sprites.get("node/n1").element === before, player.clock.last];
        }}"""
    )
    assert kept == [True, True, 11]


def test_two_players_on_one_page_do_not_meet(watch: Watch, tmp_path: Path) -> None:
    """Keys go to the player that has the focus, and never further."""
    fragment = Player(specimen())._repr_mimebundle_()[0]["text/html"]
    page = tmp_path / "two.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body onkeydown='window.leaked = true'>{fragment}{fragment}", encoding="utf-8")
    watched = opened(watch, page)
    watched.page.keyboard.press("ArrowRight")
    steps = watched.page.evaluate("() => [...document.querySelectorAll('.k8sedu-film > div')].map((e) => e.k8sedu.clock.goal)")
    assert steps == [1, 0]
    assert not watched.page.evaluate("window.leaked")
    watched.no_network()


def test_the_film_saves_itself(watch: Watch, film: Path, tmp_path: Path) -> None:
    """The file that "save" writes plays as well as the first one."""
    watched = opened(watch, film)
    with watched.page.expect_download() as download:
        watched.page.get_by_role("button", name="save as one HTML file").click()
    copy = tmp_path / "copy.html"
    download.value.save_as(copy)
    again = opened(watch, copy)
    again.page.keyboard.press("End")
    assert index(again) == 39
    again.no_network()


def test_stepping_there_and_back_shows_the_same_picture(watch: Watch, film: Path) -> None:
    """A frame looks the same from wherever it is reached: nothing is left over."""
    watched = opened(watch, film, reduced_motion="reduce")
    picture = f"() => {PLAYER}.stageSvg.innerHTML"
    for _ in range(6):
        watched.page.keyboard.press("ArrowRight")
    at_rest(watched)
    forward = watched.page.evaluate(picture)
    for key in ("End", "Home", "ArrowRight", "End"):
        watched.page.keyboard.press(key)
        at_rest(watched)
    watched.page.evaluate(f"() => {PLAYER}.go(6)")
    at_rest(watched)
    count = "(html) => new DOMParser().parseFromString(`<svg>${html}</svg>`, 'text/html').querySelectorAll('g > g, svg > *').length"
    assert watched.page.evaluate(count, watched.page.evaluate(picture)) == watched.page.evaluate(count, forward)
    assert sorted(watched.page.evaluate(picture).split("<")) == sorted(forward.split("<"))


def test_the_player_draws_what_the_still_draws(watch: Watch, film: Path) -> None:
    """JavaScript and Python put every circle, box and letter at the same place."""
    watched = opened(watch, film, reduced_motion="reduce")
    watched.page.evaluate(f"() => {PLAYER}.go(9)")
    at_rest(watched)
    places = """(root) => {
        const told = (e) => ['cx', 'cy', 'r', 'x', 'y', 'width'].map((a) => Number(e.getAttribute(a) ?? 0).toFixed(1));
        const drawn = [...root.querySelectorAll('circle, text, rect:not(.ring)')];
        return drawn.map((e) => [e.tagName, e.textContent, ...told(e)].join(' ')).sort();
    }"""
    shown = watched.page.evaluate(f"() => ({places})({PLAYER}.stageSvg)")
    watched.page.set_content(Player(specimen()).still(9))
    drawn = watched.page.evaluate(f"() => ({places})(document.querySelector('svg > g'))")
    assert shown == drawn
