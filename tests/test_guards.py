"""The guards of tests/conftest.py hold: what they forbid is refused, and a refusal cannot be swallowed."""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.guard import Forbidden, Guard

ELSEWHERE = Path(__file__).parent / "not-a-temporary-folder"
UNROUTED = "192.0.2.1"  # RFC 5737: documentation only, nobody is there


@pytest.fixture
def expected(guard: Guard) -> list[str]:
    """The refusals of this test so far; emptied by the test itself, or the guard would fail it."""
    return guard.refusals


def test_a_connection_to_the_internet_is_refused(expected: list[str]) -> None:
    with pytest.raises(Forbidden, match=r"reached for the network at '192\.0\.2\.1'"):
        socket.create_connection((UNROUTED, 80), timeout=1)
    expected.clear()


def test_a_name_lookup_is_refused(expected: list[str]) -> None:
    with pytest.raises(Forbidden, match="huggingface"):
        socket.getaddrinfo("huggingface.co", 443)
    expected.clear()


def test_a_loopback_socket_needs_the_marker(expected: list[str]) -> None:
    with socket.socket() as server, pytest.raises(Forbidden, match="mark the test `network`"):
        server.bind(("127.0.0.1", 0))
    expected.clear()


@pytest.mark.network
def test_the_marker_allows_loopback_and_nothing_else(expected: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket() as outward, pytest.raises(Forbidden, match="only loopback is allowed"):
        outward.connect((UNROUTED, 80))
    expected.clear()


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_text("x"),
        lambda path: path.mkdir(),
        lambda path: os.open(path, os.O_CREAT | os.O_WRONLY),
        lambda path: path.symlink_to("/"),
        lambda path: sqlite3.connect(path),
        lambda path: path.touch(),
    ],
    ids=["write_text", "mkdir", "os.open", "symlink", "sqlite3", "touch"],
)
def test_a_write_beside_the_tests_is_refused(write: object, expected: list[str]) -> None:
    with pytest.raises(Forbidden, match="wrote outside its temporary folder"):
        write(ELSEWHERE)  # type: ignore[operator]
    assert not ELSEWHERE.exists()
    expected.clear()


def test_a_file_moved_out_of_the_temporary_folder_is_refused(tmp_path: Path, expected: list[str]) -> None:
    inside = tmp_path / "file"
    inside.write_text("x")
    with pytest.raises(Forbidden, match="not-a-temporary-folder"):
        inside.rename(ELSEWHERE)
    expected.clear()


def test_temporary_folders_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "file").write_text("x")


def test_reading_is_free(tmp_path: Path) -> None:
    assert Path(__file__).read_text().startswith('"""')
    assert os.listdir(Path(__file__).parent)  # noqa: PTH208 - the plain call is what is tested


def test_a_refusal_that_was_swallowed_still_fails_the_test() -> None:
    guard = Guard()

    def code_with_a_broad_except() -> None:
        with guard.watch(loopback=False, anywhere=False), contextlib.suppress(Exception):
            guard._hook("open", (str(ELSEWHERE), "w", os.O_WRONLY))

    with pytest.raises(Forbidden, match="wrote outside"):
        code_with_a_broad_except()


def test_the_marker_anywhere_allows_writes() -> None:
    guard = Guard()
    guard.anywhere = True
    assert guard.refusal("open", (str(ELSEWHERE), "w", os.O_WRONLY)) is None


def test_child_processes_find_no_hub_and_write_their_caches_into_a_temporary_folder(guard: Guard) -> None:
    program = "import os; print(os.environ['HF_ENDPOINT'], os.environ['HF_HOME'])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    endpoint, home = answer.stdout.split()
    assert endpoint == "http://127.0.0.1:9"
    assert any(Path(home).is_relative_to(root) for root in guard.writable)
