import filecmp
from pathlib import Path

import pytest

from k8sedu.etcd import specimens

CONFORMANCE = Path(__file__).parents[1] / "conformance/etcd"


@pytest.mark.parametrize("name", ["datadir", "cluster"])
def test_specimens_are_what_the_tests_read(name: str) -> None:
    """The directories that lessons open are, byte for byte, those against which the model is tested."""
    files = sorted(path.relative_to(CONFORMANCE) for path in (CONFORMANCE / name).rglob("*") if path.is_file())
    assert files
    _, different, missing = filecmp.cmpfiles(CONFORMANCE, specimens.path("."), files, shallow=False)
    assert not different
    assert not missing
