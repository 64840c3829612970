"""Children really are started, really die, and never outlive their parent."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from batch.child import EXIT_PARENT_GONE, Child
from batch.records import Acknowledge, Drain, WorkerFailed

ECHO = """
    import sys, os, signal, time
    from batch.records import Acknowledge, Drain
    def serve(parent, arguments):
        print("a stray print must not break the frames")
        sys.stderr.write("said on stderr\\n"); sys.stderr.flush()
        while True:
            record = parent.receive(None)
            if isinstance(record, Drain):
                return
            if record.count == -1:
                parent.send(Acknowledge(1), Acknowledge(2))
                os.kill(os.getpid(), signal.SIGABRT)
            if record.count == -2:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                parent.send(record)
                time.sleep(60)
            parent.send(record)
"""


@pytest.fixture
def spawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Child]]:
    """Starts children that run the module above."""
    (tmp_path / "echo_kind.py").write_text(textwrap.dedent(ECHO))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    children: list[Child] = []

    def start() -> Child:
        children.append(Child("echo_kind"))
        return children[-1]

    yield start
    for child in children:
        child.kill(grace_s=0.1)


def wait_for(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def received(child: Child, count: int) -> list[object]:
    records: list[object] = []
    wait_for(lambda: bool(records.extend(child.receive())) or len(records) >= count or child.ended)
    return records


def test_records_go_there_and_back_and_stray_prints_do_no_harm(spawn: Callable[[], Child]) -> None:
    child = spawn()
    for count in range(3):
        assert child.send(Acknowledge(count))
    assert received(child, 3) == [Acknowledge(0), Acknowledge(1), Acknowledge(2)]
    child.send(Drain())
    wait_for(lambda: child.ended)
    assert child.return_code == 0
    assert "said on stderr" in child.stderr_tail


def test_what_a_dying_child_wrote_is_heard_before_its_end(spawn: Callable[[], Child]) -> None:
    child = spawn()
    child.send(Acknowledge(-1))
    wait_for(lambda: child.ended)
    assert child.receive() == [Acknowledge(1), Acknowledge(2)]
    assert child.return_code == -signal.SIGABRT
    assert child.send(Acknowledge(3)) in (True, False)  # a pipe may still take it; it must not raise
    assert not child.send(WorkerFailed("late", "x" * 10)), "by now the pipe is known to be broken"


def test_a_child_that_ignores_sigterm_is_killed(spawn: Callable[[], Child]) -> None:
    child = spawn()
    child.send(Acknowledge(-2))
    assert received(child, 1) == [Acknowledge(-2)]
    assert child.kill(grace_s=0.3) == -signal.SIGKILL


def test_a_closed_pipe_ends_the_child_by_itself(spawn: Callable[[], Child]) -> None:
    child = spawn()
    child.send(Acknowledge(1))
    assert received(child, 1) == [Acknowledge(1)]
    assert child.close() == EXIT_PARENT_GONE


def test_an_orphan_ends_at_once_even_while_it_still_imports(tmp_path: Path) -> None:
    (tmp_path / "slow_kind.py").write_text("import time\ntime.sleep(60)\n")
    script = "from batch.child import Child; import time; print(Child('slow_kind').pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert parent.stdout is not None
    with parent, parent.stdout:
        orphan = int(parent.stdout.readline())
        parent.kill()
    wait_for(lambda: not _alive(orphan))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z" if Path("/proc").exists() else True
