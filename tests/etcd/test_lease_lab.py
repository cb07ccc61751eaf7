from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.commands import CommandError
from k8sedu.etcd.lab import LeaseLaboratory
from k8sedu.etcd.lab.lease_plans import COMMANDS, MENUS, SCENES, controls
from k8sedu.etcd.lab.leases import LaboratoryError, leader_at
from k8sedu.language import Words
from k8sedu.sim.faults import FaultError
from k8sedu.stage.document import Button
from k8sedu.stage.explore import Event


def do(
    laboratory: LeaseLaboratory, *, control: str | None = None, value: object = None, action: str | None = None, shape: str = ""
) -> None:
    """What the reader does, at the instant where they stand."""
    event = Event(round(laboratory.now_ms * 1000), laboratory.step, action, shape or None, control, value)  # type: ignore[arg-type]  # any
    laboratory.act(event)


def kinds(laboratory: LeaseLaboratory) -> list[str]:
    """What happened, moment by moment."""
    return [frame.kind for frame in laboratory.film.frames]


def test_a_lease_runs_out_and_its_keys_go() -> None:
    """Granted, with two keys, kept alive and then not: the keys go as one revision, a TTL after the last keep-alive."""
    laboratory = etcd.lease_lab()
    laboratory.grant(7, ttl_s=3)
    laboratory.wait(1)
    laboratory.attach("/nodes/a", 7)
    laboratory.attach("/nodes/a/ip", 7)
    laboratory.keep(7)
    laboratory.wait(6)
    assert not laboratory.trace.where("lease_revoke")
    laboratory.leave(7)
    laboratory.wait(6)
    (ended, *_) = laboratory.trace.where("lease_revoke")
    last = max(step.time_us for step in laboratory.trace.where("keep_alive"))
    assert 3_000_000 < ended.time_us - last < 3_700_000
    assert ended.frame["nodes"][ended.actor]["kvs"] == ()
    assert ended.detail["revision"] == 4


def test_doing_in_the_past_replaces_the_future() -> None:
    """Who steps back and does something else gets another future; up to there the past stays step for step."""
    laboratory = etcd.lease_lab(scene="silence")
    old = laboratory.trace
    laboratory.step = kinds(laboratory).index("client_crash") - 1
    here = laboratory.now_ms
    laboratory.crash()
    assert laboratory.now_ms == here
    new = laboratory.trace
    assert old[: old.at_ms(here - 1).index] == new[: old.at_ms(here - 1).index]
    assert not new.where("client_crash")
    assert new.where("crash")[0].actor == leader_at(old, here)


def test_the_leader_goes_and_the_lease_lives_longer() -> None:
    """After a crash of the leader the next one begins the countdown anew: the lease ends later than without the crash."""

    def end_ms(*, crash: bool) -> float:
        laboratory = etcd.lease_lab()
        laboratory.grant(8, ttl_s=4)
        laboratory.wait(2)
        if crash:
            laboratory.crash()
        laboratory.wait(8)
        return laboratory.trace.where("lease_revoke")[0].time_ms

    assert end_ms(crash=True) > end_ms(crash=False) + 1_000


def test_the_picture_does_what_the_methods_do() -> None:
    """Picks and buttons give the very same run as the methods."""
    by_hand, by_click = etcd.lease_lab(), etcd.lease_lab()
    by_hand.grant(8, ttl_s=4, client="c2")
    by_hand.attach("/svc/web", 8, client="c2")
    by_hand.keep(8, client="c2")
    by_hand.crash()
    for control, value in (("client", "c2"), ("lease", "8"), ("ttl_s", 4), ("key", "/svc/web")):
        do(by_click, control=control, value=value)
    for button in ("grant", "attach", "keep", "crash_leader"):
        do(by_click, control=button)
    assert by_click.trace.digest() == by_hand.trace.digest()


def test_menus_of_clocks_clients_and_members() -> None:
    """A clock, a client and a member can be clicked; what is done concerns that very one."""
    laboratory = etcd.lease_lab(scene="silence")
    laboratory.step = kinds(laboratory).index("client_crash") - 1
    scene = laboratory.film.frames[laboratory.step].scene
    assert {scene.find(name).menu for name in ("lease/7", "client/c1", "member/n2")} == {"lease", "client", "member"}
    do(laboratory, action="leave", shape="lease/7")
    assert laboratory.scenario.faults[-1].arguments == {"data": "leave 7", "node": "c1"}
    do(laboratory, action="crash", shape="member/n2")
    assert laboratory.trace.where("crash")[-1].actor == "n2"
    laboratory.wait(1)
    assert laboratory.film.frames[laboratory.step].scene.find("member/n2").menu == "stopped-member"
    do(laboratory, action="restart", shape="member/n2")
    assert laboratory.trace.where("restart")[-1].actor == "n2"


def test_undo_and_running_on() -> None:
    """Undo brings the run back as it was; running on keeps everything and adds time."""
    laboratory = etcd.lease_lab(scene="leader")
    before = laboratory.trace
    laboratory.crash("c2")
    laboratory.undo()
    assert laboratory.trace is before
    do(laboratory, control="crash")
    do(laboratory, control="undo")
    assert laboratory.trace is before
    do(laboratory, control="longer")
    assert laboratory.trace.duration_us > before.duration_us
    assert laboratory.trace[: len(before) - 1] == before[: len(before) - 1]


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_ready_plan_runs(scene: str) -> None:
    """Every ready plan runs, by name and by the control, and shows what its name says."""
    laboratory = etcd.lease_lab(scene=scene)
    expected = {
        "own": "lessor_promoted", "silence": "lease_revoke", "leader": "lessor_promoted", "move": "lease_revoke", "cut": "lease_lost",
    }  # fmt: skip
    assert expected[scene] in kinds(laboratory)
    assert laboratory.film.frames[laboratory.step].kind == "lessor_promoted"
    other = etcd.lease_lab()
    do(other, control="scene", value=scene)
    assert other.trace.digest() == laboratory.trace.digest()
    assert [control.value for control in laboratory.film.controls if control.id == "scene"] == [scene]  # type: ignore[union-attr]  # a choice
    do(laboratory, control="crash")
    assert [control.value for control in laboratory.film.controls if control.id == "scene"] == ["own"]  # type: ignore[union-attr]


def test_what_cannot_be_done_is_told() -> None:
    """A command that is none, a name that nobody has, a client that is stopped, a leader who is not there: one sentence each."""
    laboratory = etcd.lease_lab()
    before = laboratory.trace
    with pytest.raises(CommandError):
        laboratory.ask("dance")
    with pytest.raises(FaultError):
        laboratory.crash("n9")
    with pytest.raises(LaboratoryError, match="no plan is called"):
        etcd.lease_lab(scene="nothing")
    assert laboratory.trace is before
    laboratory.crash("c1")
    with pytest.raises(LaboratoryError, match="c1 is stopped"):
        laboratory.grant(7)
    laboratory.crash()
    with pytest.raises(LaboratoryError, match="nobody leads"):
        laboratory.crash()


def test_every_button_and_menu_means_something() -> None:
    """Each button and each line of a menu changes the run or says why not."""
    buttons = [control.id for control in controls(etcd.lease_lab().picks) if isinstance(control, Button)]
    for button in buttons:
        laboratory = etcd.lease_lab(scene="silence")
        before = laboratory.trace
        laboratory.crash("n2")
        do(laboratory, control=button)
        assert laboratory.trace is not before or button == "undo"
    assert {action.name for menu in MENUS.values() for action in menu} <= {*COMMANDS, "crash", "restart"}


def test_the_lab_offers_its_scenario_in_both_languages() -> None:
    """What "copy scenario" gives runs again to the same trace; the title is in both languages."""
    laboratory = etcd.lease_lab(scene="cut")
    assert etcd.run_scenario(laboratory.scenario).digest() == laboratory.trace.digest()
    assert laboratory.film.source.strip() == laboratory.scenario.format().strip()
    assert laboratory.film.title == Words("Lease laboratory", "租约实验室")
    assert etcd.lease_lab(trace=laboratory.trace).trace is laboratory.trace
