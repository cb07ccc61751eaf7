from __future__ import annotations

from k8sedu.kube.proxy.iptables.jumps import JUMPS, ensured, jump_rules


def test_the_last_stands_first() -> None:
    """Each jump is put in front of the others, so the kernel's chain has them in the order in which they were not ensured."""
    inserted = [line.partition(" -I INPUT ")[2] for line in ensured() if line.startswith("-t filter -I INPUT ")]
    assert [f"-A INPUT {rule}" for rule in reversed(inserted)] == list(jump_rules("filter", "INPUT"))


def test_every_jump_makes_its_chain() -> None:
    """Before a chain is jumped to it is made."""
    lines = ensured()
    assert [line for line in lines if " -N " in line] == [f"-t {jump.table} -N {jump.target}" for jump in JUMPS]
    assert jump_rules("nat", "INPUT") == ()
