"""Laws of services: Docker's defaults, versions, and what is refused."""

from __future__ import annotations

import pytest

from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.service import Restart, Service, Spec, Update


def test_the_defaults_are_dockers() -> None:
    """One at a time without a pause, five seconds of watching, pause at the first failure, stop first; any end is followed by a restart."""
    service = Service("web", Spec("web:1"))
    assert service.update == service.rollback == Update(1, 0, 5_000, "pause", 0.0, "stop-first")
    assert service.restart == Restart("any", 5_000, 0, 0)
    assert (service.spec.stop_grace_ms, service.mode, service.replicas) == (10_000, "replicated", 1)


def test_a_rollback_goes_one_step_and_no_further() -> None:
    """The former spec and version are back, the one before them is forgotten, and the next update has a number of its own."""
    third = Service("web", Spec("web:1")).updated(Spec("web:2")).updated(Spec("web:3"))
    back = third.rolled_back("because")
    assert (back.spec.image, back.version, back.is_rolling_back, back.message) == ("web:2", 2, True, "because")
    with pytest.raises(SwarmError, match="does not have a previous spec"):
        back.rolled_back("again")
    assert back.updated(Spec("web:4")).version == 4


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"mode": "everywhere"}, "the mode 'everywhere', expected one of replicated, global"),
        ({"restart": Restart(condition="sometimes")}, "expected one of any, on-failure, none"),
        ({"update": Update(order="both")}, "expected one of stop-first, start-first"),
        ({"update": Update(failure_action="weep")}, "expected one of pause, continue, rollback"),
        ({"rollback": Update(failure_action="rollback")}, "rollback failure action 'rollback', expected one of pause, continue"),
        ({"update": Update(max_failure_ratio=2.0)}, "expected numbers from 0 to 1"),
        ({"replicas": -1}, "met -1 replicas"),
        ({"name": "a/b"}, "a name without '/' and '@'"),
    ],
)
def test_what_docker_does_not_take_is_refused(changes: dict[str, object], says: str) -> None:
    """A rollback is never rolled back, for example."""
    with pytest.raises(SwarmError) as error:
        Service("web", Spec("web:1"))._replace(**changes).checked()  # type: ignore[arg-type]  # wrong on purpose
    assert says in str(error.value)
