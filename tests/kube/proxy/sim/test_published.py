from __future__ import annotations

from k8sedu.kube.proxy.sim.published import PUBLISHED, published_seconds


def test_every_figure_has_a_source() -> None:
    """Each figure says where it was published, and the table whose origin nobody knows is not among them."""
    assert all(found.source for found in PUBLISHED)
    assert not {0.000575, 0.000614, 0.001023, 0.001821} & {found.seconds for found in PUBLISHED}


def test_no_digits_for_nftables() -> None:
    """Nftables was published as charts without numbers, so none is given."""
    assert not [found for found in PUBLISHED if found.mode == "nftables"]
    assert published_seconds("nftables", 10_000) is None


def test_interpolation() -> None:
    """Between two published points lies the straight line, and beyond the last one its value."""
    assert published_seconds("iptables", 15_000) == (9.5 + 20.0) / 2
    assert published_seconds("iptables", 30_000) == 20.0
    assert published_seconds("ipvs", 1) == 0.0008
