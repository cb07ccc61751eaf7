"""Laws of short rules: what differs from rule to rule is kept, what every rule says is left out."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy import Walk
from k8sedu.kube.proxy.views.rule_words import short_rule, short_text


@pytest.mark.parametrize(
    ("rule", "english", "chinese"),
    [
        ('-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.7 --dport 80 -j KUBE-SVC-X',
         "default/web:http  10.96.0.7:80", "default/web:http  10.96.0.7:80"),
        ('-A KUBE-SVC-X -m comment --comment "default/web cluster IP" -d 10.96.0.7 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
         "not from 10.244.0.0/16 → mark", "非来自 10.244.0.0/16 → 打标记"),
        ('-A KUBE-SVC-X -m comment --comment "default/web -> 10.244.1.3:8080" -j KUBE-SEP-Y',
         "otherwise → 10.244.1.3:8080", "否则 → 10.244.1.3:8080"),
        ("-A KUBE-SEP-Y -p tcp -m tcp -j DNAT --to-destination 10.244.1.3:8080", "DNAT to 10.244.1.3:8080", "DNAT 到 10.244.1.3:8080"),
        ("-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN", "not marked → RETURN", "非有标记 → RETURN"),
    ],
)  # fmt: skip
def test_rules_of_iptables(rule: str, english: str, chinese: str) -> None:
    """Conditions and where it leads, in few words."""
    assert tuple(short_text(rule)) == (english, chinese)


def test_rules_of_nft() -> None:
    """Without the parts of the key and without the list of verdicts."""
    assert short_text("ip daddr . meta l4proto . th dport vmap @service-ips", "ip kube-proxy").en == "vmap @service-ips"
    assert short_text("numgen random mod 3 vmap { 0 : goto a , 1 : goto b }", "ip kube-proxy").en == "numgen random mod 3 → one of 3"


def test_no_rule_of_a_walk_becomes_empty(walks: dict[str, Walk]) -> None:
    """Whatever the mode."""
    for walk in walks.values():
        for step in (*walk.steps, *walk.back):
            assert all(short_rule(step)), step.rule
