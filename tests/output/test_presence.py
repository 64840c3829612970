"""A job folder that goes away: with its volume, by a hand that deletes, or only for writing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch.errors import OutputError, OutputLost
from batch.output.presence import LOOK_EVERY_S, Presence, usable

SHM = Path("/dev/shm")


@pytest.fixture
def other_volume() -> Iterator[Path]:
    """A folder on another volume than pytest's own."""
    folder = SHM / f"gemma4-batch-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def job_folder(parent: Path) -> Path:
    folder = parent / "out"
    folder.mkdir()
    (folder / "ledger.sqlite").write_bytes(b"a ledger")
    return folder


@pytest.mark.skipif(not SHM.is_dir(), reason="needs a second volume")
def test_a_volume_that_was_unplugged_may_come_back(tmp_path: Path, other_volume: Path) -> None:
    mount = tmp_path / "disk"
    mount.symlink_to(other_volume)
    folder = job_folder(mount)
    presence = Presence(folder, folder / "ledger.sqlite")
    presence.look()
    mount.unlink()
    with pytest.raises(OutputLost, match=r"the volume of '.*/disk/out' is not there any more. Connect it again"):
        presence.look()
    assert not usable(folder, folder)
    mount.symlink_to(other_volume)
    assert usable(folder, folder)
    presence.look()
    assert sorted(path.name for path in folder.iterdir()) == ["ledger.sqlite"]


def test_a_deleted_folder_does_not_come_back(tmp_path: Path) -> None:
    folder = job_folder(tmp_path)
    presence = Presence(folder, folder / "ledger.sqlite")
    shutil.rmtree(folder)
    with pytest.raises(OutputError, match="was deleted or moved while the job ran") as caught:
        presence.look()
    assert not isinstance(caught.value, OutputLost)


def test_a_ledger_that_was_replaced_is_not_written_to(tmp_path: Path) -> None:
    folder = job_folder(tmp_path)
    presence = Presence(folder, folder / "ledger.sqlite")
    (folder / "other").write_bytes(b"a ledger")
    (folder / "other").rename(folder / "ledger.sqlite")
    with pytest.raises(OutputError, match=r"ledger\.sqlite' was deleted or replaced.*gemma4-batch repair"):
        presence.look()


def test_it_is_looked_at_now_and_then(tmp_path: Path) -> None:
    folder = job_folder(tmp_path)
    clock = [100.0]
    presence = Presence(folder, folder / "ledger.sqlite", now_s=lambda: clock[0])
    shutil.rmtree(folder)
    presence.check()
    clock[0] += LOOK_EVERY_S
    with pytest.raises(OutputError):
        presence.check()


def test_a_folder_without_its_ledger_cannot_be_used(tmp_path: Path) -> None:
    folder = job_folder(tmp_path)
    assert usable(folder, folder)
    (folder / "ledger.sqlite").unlink()
    assert not usable(folder, folder)
