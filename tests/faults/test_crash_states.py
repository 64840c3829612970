"""A power cut at any instant of a commit, on the worst file system that POSIX allows: all states, not a sample.

recorder.py sees the operations, crash_states.py makes every state they can leave, crash_scenarios.py and
crash_commands.py say what must hold there. `python -m tests.faults.test_crash_states` prints how many states that is.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from batch import durable
from batch.ledger import rebuild, schema
from batch.ledger.ledger import Ledger
from batch.output import manifest, parts
from tests.faults.crash_commands import COMMANDS
from tests.faults.crash_scenarios import SCENARIOS, recorded, start, tried_again, wrong_with
from tests.faults.crash_states import crash_states
from tests.faults.recorder import (
    Enter,
    LedgerDurable,
    Operation,
    Recorder,
    Rename,
    SyncFile,
    SyncFolder,
    Transaction,
    Write,
)
from tests.faults.sweep import SHARED

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds a descriptor's path in /proc"),
    pytest.mark.anywhere,  # thousands of small folders, in memory
    pytest.mark.timeout(900),
]
FEWEST_STATES = 40
FEWEST_OF_A_COMMAND = 9


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="crash-states-", dir=SHARED))
    yield folder
    shutil.rmtree(folder)


def record(place: Path, name: str) -> Recorder:
    command = COMMANDS.get(name)
    prepare, act = (command.prepare, command.act) if command is not None else SCENARIOS[name][:2]
    prepare(place / "recorded")
    recorder = Recorder(place / "recorded", at_work=command is None)
    with recorder.recording():
        act(place / "recorded")
    return recorder


def judge(place: Path, name: str, recorder: Recorder) -> Iterator[list[str]]:
    """What is wrong with each state in turn."""
    command = COMMANDS.get(name)
    for state in crash_states(recorder):
        folder = place / "state"
        yield wrong_with(state, folder, name) if command is None else command.wrong_with(state, folder)
        shutil.rmtree(place / "state")


@pytest.mark.parametrize("name", [*SCENARIOS, *COMMANDS])
def test_every_state_that_a_power_cut_may_leave_is_whole_for_a_reader_and_after_the_next_start(
    place: Path, name: str
) -> None:
    judged = list(judge(place, name, record(place, name)))
    assert [wrong for wrong in judged if wrong] == []
    assert len(judged) >= (FEWEST_OF_A_COMMAND if name in COMMANDS else FEWEST_STATES)


def test_the_recorder_sees_the_protocol_as_it_is_documented(place: Path) -> None:
    """The four steps of output/parts.py, in order, with what makes each of them durable."""
    operations = record(place, "a first commit").operations
    staged = next(at for at, one in enumerate(operations) if isinstance(one, Enter) and "/.part-" in one.name)
    steps = [told(operation) for operation in operations[staged - 3 : staged + 12]]
    assert steps == [
        "enter data", "sync folder ''", "write",
        "enter data/.part-0000000.1", "sync file", "sync folder 'data'",  # 1 stage
        "transaction", "ledger durable",  # 2 intend
        "rename data/.part-0000000.1 to data/part-0000000.parquet", "sync folder 'data'",  # 3 publish
        "transaction",  # 4 commit
        "transaction", "ledger durable", "ledger durable", "sync file",
    ]  # fmt: skip


def told(operation: Operation) -> str:
    match operation:
        case Enter(name):
            return f"enter {name}"
        case Rename(name, to):
            return f"rename {name} to {to}"
        case Write():
            return "write"
        case SyncFile():
            return "sync file"
        case SyncFolder(folder):
            return f"sync folder {folder!r}"
        case Transaction():
            return "transaction"
        case LedgerDurable():
            return "ledger durable"
    return "remove"


# ---------------------------------------------------------------- faults put in, which must be noticed
def committed_too_early(folder: Path, ledger: Ledger, plan: Any, index: int) -> None:
    """Step 4 before step 3."""
    rows = ledger.shard_rows(index)
    table = parts.new_table(folder, ledger, plan, index, rows)
    staged = parts.stage(folder, index, (ledger.part(index).generation if ledger.part(index) else 0) + 1, table)
    parts.intend(ledger, staged, parts._counts(ledger, plan, index, rows, table))
    ledger.commit(index)
    ledger.checkpoint()
    parts.publish(folder, index, staged.generation)


FAULTS: dict[str, tuple[str, Any, str, Any]] = {
    "files are not synced": ("a first commit", durable, "sync_file", lambda path: True),
    "folders are not synced": ("a first commit", durable, "sync_folder", lambda folder: None),
    "the old manifest stays": ("a commit after a retry", durable, "remove", lambda path: None),
    "the promise is not durable": ("a commit after a retry", schema, "durably", schema.transaction),
    "committed before it is there": ("a first commit", parts, "commit_part", committed_too_early),
    "the part is written in place": (
        "a commit after a retry", parts, "staged_path", lambda folder, index, _: folder / parts.part_name(index)
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_protocol_with_a_fault_is_noticed(place: Path, fault: str) -> None:
    name, where, what, wrong_one = FAULTS[fault]
    prepare: Callable[[Path], None] = SCENARIOS[name][0]
    assert prepare in (recorded, tried_again)
    prepare(place / "recorded")
    recorder = Recorder(place / "recorded")
    with mock.patch.object(where, what, wrong_one), recorder.recording():
        start(place / "recorded")
    assert any(judge(place, name, recorder))


def set_aside_in_one_go(path: Path) -> Path:
    """The damaged ledger and its journal renamed, and nothing made durable between."""
    aside = path.with_name(f"{path.name}.damaged-now")
    for old, new in zip((path, *schema.beside(path)), (aside, *schema.beside(aside)), strict=True):
        if old.exists():
            old.rename(new)
    return aside


SYNC_FILE = durable.sync_file
COMMAND_FAULTS: dict[str, tuple[Any, str, Any]] = {
    "run --fresh": (durable, "sync_folder", lambda folder: None),
    "merge": (durable, "sync_file", lambda path: path.name == manifest.JOB or SYNC_FILE(path)),
    "repair": (rebuild, "_set_aside", set_aside_in_one_go),
}


@pytest.mark.parametrize("name", COMMAND_FAULTS)
def test_a_command_with_a_fault_is_noticed(place: Path, name: str) -> None:
    where, what, wrong_one = COMMAND_FAULTS[name]
    command = COMMANDS[name]
    command.prepare(place / "recorded")
    recorder = Recorder(place / "recorded", at_work=False)
    with mock.patch.object(where, what, wrong_one), recorder.recording():
        command.act(place / "recorded")
    assert any(judge(place, name, recorder))


def main() -> None:
    total = 0
    for name in sys.argv[1:] or [*SCENARIOS, *COMMANDS]:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=SHARED) as folder:
            recorder = record(Path(folder), name)
            judged = list(judge(Path(folder), name, recorder))
        wrong = [lines for lines in judged if lines]
        total += len(judged)
        told = f"{len(recorder.operations):4} operations {len(judged):5} states {len(wrong):3} wrong"
        print(f"{name:36}{told} {time.monotonic() - began:6.1f} s", *wrong, sep="\n    ")
    print(f"{total} states")


if __name__ == "__main__":
    main()
