"""Which addresses a cluster may have: nothing without TLS beyond this machine, unless somebody says so."""

from pathlib import Path

import pytest

from batch.errors import ConfigError
from batch.executors.dask.address import TLS, check_address, is_loopback, local_nodes


@pytest.mark.parametrize(
    "address", ["tls://studio.local:8786", "tcp://localhost:8786", "tcp://127.0.0.2:1", "tcp://[::1]:1"]
)
def test_encrypted_addresses_and_this_machine_are_fine(address: str) -> None:
    check_address(address, insecure=False)


@pytest.mark.parametrize(
    "address", ["tcp://studio.local:8786", "tcp://192.168.0.2:8786", "tcp://localhost.evil.net:8786"]
)
def test_a_port_that_runs_anybodys_code_is_refused_unless_insecure(address: str) -> None:
    with pytest.raises(ConfigError, match=r"is not encrypted.*--insecure"):
        check_address(address, insecure=False)
    check_address(address, insecure=True)


@pytest.mark.parametrize(
    "address", ["studio.local:8786", "tcp://studio.local", "http://x:1", "tcp://:8786", "tcp://x:none"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="no scheduler's address"):
        check_address(address, insecure=True)


def test_local_is_a_cluster_of_this_machine() -> None:
    assert local_nodes("local:3") == 3
    assert local_nodes("tcp://x:1") is None
    for wrong in ("local:", "local:0", "local:x"):
        with pytest.raises(ConfigError, match="dask=local:2"):
            local_nodes(wrong)


def test_loopback_is_known_by_name_and_number() -> None:
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "10.0.0.1", "mini.local")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_an_encrypted_address_wants_certificates_that_are_some(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'tls://studio\.local:8786' wants certificates: executor\.tls_ca"):
        TLS().security("tls://studio.local:8786", "client")
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    with pytest.raises(ConfigError, match="no certificates and key in PEM form"):
        TLS(*[str(broken)] * 3).security("tls://studio.local:8786", "worker")
    with pytest.raises(ConfigError, match=r"nope\.pem' is to be a TLS file"):
        TLS("nope.pem").security("tls://studio.local:8786", "client")
    assert not TLS().security("tcp://localhost:8786", "client").require_encryption
