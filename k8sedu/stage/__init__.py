"""The stage: pictures as data, one still renderer, one player.

Read in this order:

- `motion`: numbers and texts that change with simulated time
- `shapes`: circles, tokens, labels, each with a stable id and a role
- `theme`, `icons`, `lettering`: what a role and an icon look like, how much room a word takes
- `scene`: one instant as shapes, with a sentence that says why
- `document`: a film of scenes, with bands, marks, jumps, menus, controls
- `drawing`, `svg`: shapes as SVG, a still or a film strip, the same bytes every time
- `encoding`: a document as small JSON, differences between scenes
- `player`: the live widget and the standalone HTML file; its JavaScript is in `js/`
- `explore`: a player whose menus and controls run the simulation anew
- `charts`: the same look for matplotlib

Everything here belongs to the floor of views: nothing on the stage knows a simulation, and only values come in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.stage import charts, icons, theme
    from k8sedu.stage.document import (
        Action,
        Band,
        Button,
        Choice,
        Document,
        DocumentError,
        Frame,
        Jump,
        Legend,
        Mark,
        Slider,
        TextBox,
        Toggle,
    )
    from k8sedu.stage.explore import Explorer
    from k8sedu.stage.lettering import fit, text_width, wrap
    from k8sedu.stage.motion import Countdown, Ramp, number_at, text_at
    from k8sedu.stage.player import Player
    from k8sedu.stage.scene import Scene, SceneError
    from k8sedu.stage.shapes import Arc, Circle, Group, Icon, Label, Line, Path, Rect, Shape, Token
    from k8sedu.stage.svg import film_strip, still

_MODULES = {
    "motion": "Ramp Countdown number_at text_at",
    "shapes": "Shape Circle Rect Line Path Arc Label Icon Token Group",
    "scene": "Scene SceneError",
    "lettering": "fit text_width wrap",
    "document": "Document DocumentError Frame Band Mark Jump Legend Action Slider Choice Toggle Button TextBox",
    "svg": "still film_strip",
    "player": "Player",
    "explore": "Explorer",
    "charts": "charts",
    "theme": "theme",
    "icons": "icons",
}

__all__ = [
    "Action",
    "Arc",
    "Band",
    "Button",
    "Choice",
    "Circle",
    "Countdown",
    "Document",
    "DocumentError",
    "Explorer",
    "Frame",
    "Group",
    "Icon",
    "Jump",
    "Label",
    "Legend",
    "Line",
    "Mark",
    "Path",
    "Player",
    "Ramp",
    "Rect",
    "Scene",
    "SceneError",
    "Shape",
    "Slider",
    "TextBox",
    "Toggle",
    "Token",
    "charts",
    "film_strip",
    "fit",
    "icons",
    "number_at",
    "still",
    "text_at",
    "text_width",
    "theme",
    "wrap",
]

__getattr__, __dir__ = attach(__name__, {name: module for module, names in _MODULES.items() for name in names.split()})
