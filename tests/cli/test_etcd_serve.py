from __future__ import annotations

import pytest
from click.testing import CliRunner

from k8sedu.cli import main
from k8sedu.etcd.gateway import Gateway


@pytest.mark.parametrize("address", ["2379", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":1"])
def test_a_wrong_address_is_a_wrong_call(address: str) -> None:
    """An address that is none is told before anything is started."""
    result = CliRunner().invoke(main, ["etcd", "serve", "--listen", address])
    assert result.exit_code == 2
    assert "expected HOST:PORT" in result.stderr


def test_a_taken_port_ends_with_1() -> None:
    """A port on which somebody listens is told in one sentence, with exit code 1."""
    with Gateway() as gateway:
        result = CliRunner().invoke(main, ["etcd", "serve", "--listen", gateway.url.removeprefix("http://")])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: cannot listen on 127.0.0.1:")
