"""On a network volume the ledger stays on the local disk, and everybody who looks for it finds it there."""

import json
import socket
from pathlib import Path

import pytest

from batch.errors import LedgerError, LedgerLocked
from batch.ledger import volume
from batch.ledger.ledger import Ledger
from batch.ledger.status import read_status
from batch.output import job_folder
from tests import jobs

MOUNTINFO = """22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
36 22 0:40 / {share} rw,relatime shared:2 - nfs4 nas:/photos rw,vers=4.2
37 36 8:2 / {share}/local\\040disk rw - ext4 /dev/sdb1 rw
"""
MOUNT = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//me@nas._smb._tcp.local/My%20Photos on /Volumes/My Photos (smbfs, nodev, nosuid, mounted by me)
"""


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the system's mount table calls a network volume."""
    folder = tmp_path / "share"
    folder.mkdir()
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTINFO.format(share=folder))
    monkeypatch.setattr(volume, "MOUNTINFO", table)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


def test_the_mount_tables_of_both_systems_are_read() -> None:
    assert volume.parse_mountinfo(MOUNTINFO.format(share="/mnt/nas")) == {
        Path("/"): "ext4",
        Path("/mnt/nas"): "nfs4",
        Path("/mnt/nas/local disk"): "ext4",
    }
    assert volume.parse_mount(MOUNT) == {Path("/"): "apfs", Path("/Volumes/My Photos"): "smbfs"}


def test_the_volume_that_is_mounted_last_on_the_way_counts(share: Path) -> None:
    inside = share / "local disk"
    inside.mkdir()
    assert [volume.on_network(path) for path in (share, share / "out/x", inside, share.parent)] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_local_ledger_lies_in_its_folder(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "out") as ledger:
        assert (ledger.path, ledger.notes) == (tmp_path / "out/ledger.sqlite", ())


def test_a_job_on_a_network_volume_keeps_its_ledger_here(share: Path) -> None:
    out, job = share / "out", jobs.plan(4)
    jobs.run(out, job)
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md",
        "data",
        "ledger.elsewhere.json",
        "manifest.json",
    ]
    job_folder.check(out)
    assert (read_status(out).state, read_status(out).counts.done) == ("complete", 4)
    with jobs.begin(out, job) as ledger:
        assert ledger.path.is_relative_to(share.parent / "state/gemma4-batch/ledgers")
        assert "is on a network volume: its ledger stays on this machine" in ledger.notes[0]
        assert read_status(out).state == "running"
        with pytest.raises(LedgerLocked, match="share/out' is being worked on"):
            Ledger.open(out)


def test_a_job_on_a_network_volume_starts_afresh(share: Path) -> None:
    out, job = share / "out", jobs.plan(4)
    jobs.run(out, job)
    old = job_folder.set_aside(out)
    assert old is not None
    assert sorted(path.name for path in old.rglob("*.parquet")) == ["part-0000000.parquet", "part-0000001.parquet"]
    assert (volume.home(out) / old.name / "ledger.sqlite").exists()
    job_folder.check(out)
    jobs.run(out, job)


def test_another_machine_is_told_where_the_ledger_is(share: Path) -> None:
    out = share / "out"
    jobs.run(out, jobs.plan(4))
    pointer = out / "ledger.elsewhere.json"
    said = json.loads(pointer.read_text())
    assert said["host"] == socket.gethostname()
    pointer.write_text(json.dumps(said | {"host": "studio"}))
    for look in (read_status, Ledger.open, job_folder.check, job_folder.set_aside):
        with pytest.raises(LedgerError, match="is on the machine 'studio', at"):
            look(out)
    pointer.write_text("scribble")
    with pytest.raises(LedgerError, match="does not say where the ledger is"):
        read_status(out)
