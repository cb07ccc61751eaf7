from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.proxy.iptables.syntax import Option, RuleError, take_apart


def test_two_writings_of_one_rule() -> None:
    """A rule has the same parts as kube-proxy writes it and as iptables-save prints it, but for the length of the network."""
    ours = take_apart('-A A -m comment --comment "a/b cluster IP" -m tcp -p tcp -d 10.0.0.1 --dport 80 -j B')
    real = take_apart('-A A -d 10.0.0.1/32 -p tcp -m comment --comment "a/b cluster IP" -m tcp --dport 80 -j B')
    assert ours.modules == real.modules
    assert ours.target == real.target
    assert {option.name for option in ours.head} == {option.name for option in real.head}


def test_a_port_without_its_module() -> None:
    """A port that follows a protocol belongs to that protocol's module, named or not."""
    parts = take_apart("-A A -p udp --dport 53 -j B")
    assert [(module.name, module.options) for module in parts.modules] == [("udp", (Option("--dport", ("53",)),))]


def test_negation() -> None:
    """What stands after an exclamation mark is negated, in the header and in modules."""
    parts = take_apart("-A A ! -s 127.0.0.0/8 -m conntrack ! --ctstate NEW -g B")
    assert parts.head[0].is_negated
    assert parts.modules[0].options[0].is_negated
    assert parts.is_goto


def test_options_of_the_target() -> None:
    """What stands after the target belongs to it."""
    parts = take_apart("-A A -j DNAT --to-destination 10.0.0.1:80 --persistent")
    assert [option.name for option in parts.options] == ["--to-destination", "--persistent"]


@given(st.text(st.characters(blacklist_characters='"\\\n\r', blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1))
def test_comments(comment: str) -> None:
    """A comment in quotes is read as it was written, whatever it holds."""
    assert take_apart(f'-A A -m comment --comment "{comment}" -j B').comment == comment


@pytest.mark.parametrize("wrong", ["", ":CHAIN", "-A", "-X CHAIN", "-A CHAIN !", "-A CHAIN --dport 80"])
def test_what_is_no_rule(wrong: str) -> None:
    """A line that is no rule is refused, and what was expected is said."""
    with pytest.raises(RuleError, match="expected"):
        take_apart(wrong)
