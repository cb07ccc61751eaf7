"""Numbers and texts that change with simulated time, written down as values.

A message in flight needs no new picture for every millisecond: its place *is* a straight line in time. A picture says so once, with a
`Ramp`, and the player fills in every instant between two steps, forwards and backwards. The same for a text that counts down.

Left out: curves. Simulated time is drawn as it is; easing belongs to the player, where it never lies about when something happened.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from k8sedu.language import Words


class Ramp(NamedTuple):
    """A number that goes in a straight line from `start` to `end` while simulated time goes from `start_us` to `end_us`.

    Before and after, it stands still.

    >>> flight = Ramp(1_000, 3_000, start=0.0, end=100.0)
    >>> flight.at(500), flight.at(2_000), flight.at(9_000)
    (0.0, 50.0, 100.0)
    """

    start_us: int
    end_us: int
    start: float
    end: float

    def at(self, time_us: float) -> float:
        """The number at one instant."""
        if time_us >= self.end_us:
            return self.end
        if time_us <= self.start_us:
            return self.start
        return self.start + (self.end - self.start) * (time_us - self.start_us) / (self.end_us - self.start_us)


Number: TypeAlias = float | Ramp
"""What a coordinate, a sweep or an opacity may be."""


class Countdown(NamedTuple):
    """A text that says how many milliseconds are left until an instant: "31 ms left". Or how many of another unit.

    >>> Countdown(due_us=40_000).at(9_400).in_("en")
    '31 ms left'
    >>> Countdown(5_000_000, Words("{} s", "{} 秒"), unit_us=1_000_000).at(2_400_000).in_("en")
    '3 s'
    """

    due_us: int
    form: Words = Words("{} ms left", "还剩 {} ms")
    unit_us: int = 1_000

    def at(self, time_us: float) -> Words:
        """The text at one instant: whole units, rounded up, so that 0 means due."""
        left = str(max(0, -int((time_us - self.due_us) // self.unit_us)))
        return Words(self.form.en.replace("{}", left), self.form.zh.replace("{}", left))


Text: TypeAlias = str | Words | Countdown
"""What a text may be. A plain `str` is the same in both languages."""


def number_at(value: Number, time_us: float) -> float:
    """The number at one instant, whether it moves or not.

    >>> number_at(3.5, 0), number_at(Ramp(0, 10, 0.0, 1.0), 5)
    (3.5, 0.5)
    """
    return value.at(time_us) if isinstance(value, Ramp) else value


def text_at(value: Text, time_us: float, code: str | None = None) -> str:
    """The text at one instant in one language.

    >>> text_at(Words("leader", "领导者"), 0, "zh")
    '领导者'
    """
    if isinstance(value, Countdown):
        value = value.at(time_us)
    return value.in_(code) if isinstance(value, Words) else value
