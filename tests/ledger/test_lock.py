"""One runner per folder; the lock dies with its holder, and with nobody else."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from batch.errors import LedgerLocked
from batch.ledger import lock
from batch.ledger.ledger import Ledger
from batch.ledger.lock import FolderLock
from batch.machine.boot import boot_id

HOLD = """
import pathlib, sys
from batch.ledger.lock import FolderLock
from batch.machine.boot import boot_id
kept = FolderLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def holder(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_runner_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert lock.held(tmp_path)
        with pytest.raises(LedgerLocked) as caught:
            Ledger.open(tmp_path)
        assert f"by process {process.pid} on {socket.gethostname()}. Wait for it" in str(caught.value)
        assert not (tmp_path / "ledger.sqlite").exists()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not lock.held(tmp_path)
    Ledger.open(tmp_path).close()


def test_a_child_of_the_runner_does_not_hold_on_to_the_lock(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        first.release()
        FolderLock(tmp_path).release()
        child.communicate(b"\n")


def test_looking_never_keeps_a_runner_out(tmp_path: Path) -> None:
    FolderLock(tmp_path).release()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            lock.held(tmp_path)
            time.sleep(0.0005)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(300):
            FolderLock(tmp_path).release()
    finally:
        done.set()
        watcher.join()


def test_nobody_holds_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not lock.held(tmp_path / "nothing")
    assert lock.holder(tmp_path / "nothing") == {}


def test_the_lock_says_who_holds_it(tmp_path: Path) -> None:
    (tmp_path / "ledger.lock").write_text("x" * 500)
    FolderLock(tmp_path).release()
    assert lock.holder(tmp_path) == {"pid": os.getpid(), "host": socket.gethostname(), "boot": boot_id()}
