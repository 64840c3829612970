"""Where a job's ledger may lie. SQLite's WAL needs shared memory and honest locks, and network volumes have neither:
there the ledger stays on the local disk, and a small file in the job folder says where.
"""

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from batch import durable
from batch.errors import LedgerError

POINTER = "ledger.elsewhere.json"
MOUNTINFO = Path("/proc/self/mountinfo")
NETWORK_TYPES = frozenset((
    "afpfs", "afs", "ceph", "cifs", "davfs", "fuse.davfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
    "nfs", "nfs4", "smb2", "smb3", "smbfs", "webdav",
))  # fmt: skip


def home(folder: Path) -> Path:
    """The folder a job's ledger lies in: its own, or a local one. Raises LedgerError when it is on another machine."""
    pointer = folder / POINTER
    if not pointer.exists():
        return folder
    try:
        said = json.loads(pointer.read_text(encoding="utf-8"))
        host, place = str(said["host"]), Path(said["path"])
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise LedgerError(f"{str(pointer)!r} does not say where the ledger is ({exc}). Restore that file") from exc
    if host != socket.gethostname():
        raise LedgerError(
            f"the ledger of {str(folder)!r} is on the machine {host!r}, at {str(place)!r}, because the folder is on a "
            "network volume. Give the command there, or choose another output.path"
        )
    return place


def settle(folder: Path) -> Path:
    """Decide, once, where a new job's ledger lies; afterwards the same as `home`.

    Raises OutputError when the local folder or the pointer to it cannot be written.
    """
    if (folder / POINTER).exists() or not on_network(folder):
        return home(folder)
    resolved = str(folder.resolve())
    place = state_folder() / f"{folder.name}-{hashlib.sha256(resolved.encode()).hexdigest()[:16]}"
    with durable.translated(place):
        place.mkdir(parents=True, exist_ok=True)
    said = {"host": socket.gethostname(), "path": str(place), "folder": resolved}
    durable.write_text(folder / POINTER, json.dumps(said, indent=2) + "\n")
    return place


def state_folder() -> Path:
    """Where this machine keeps ledgers of jobs on network volumes."""
    state = os.environ.get("XDG_STATE_HOME")
    if state:
        return Path(state) / "gemma4-batch/ledgers"
    mac = sys.platform == "darwin"
    return Path.home() / ("Library/Application Support" if mac else ".local/state") / "gemma4-batch/ledgers"


def on_network(folder: Path) -> bool:
    """Is this folder on a volume that another machine serves?"""
    resolved = folder.resolve()
    inside = [(place, kind) for place, kind in mounts().items() if resolved.is_relative_to(place)]
    return bool(inside) and max(inside, key=lambda item: len(item[0].parts))[1] in NETWORK_TYPES


def mounts() -> dict[Path, str]:
    """Mount point -> file system type, as the system tells; empty where it does not."""
    try:
        if MOUNTINFO.exists():
            return parse_mountinfo(MOUNTINFO.read_text(encoding="utf-8", errors="surrogateescape"))
        command = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=10, check=True)
        return parse_mount(command.stdout)
    except (OSError, subprocess.SubprocessError):
        return {}


def parse_mountinfo(text: str) -> dict[Path, str]:
    """Linux: `36 35 98:0 / /mnt/with\\040space rw,noatime master:1 - nfs4 server:/x rw`. The last on a point counts."""
    found: dict[Path, str] = {}
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if after and len(fields) > 4:
            place = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
            found[Path(place)] = after.split(" ")[0]
    return found


def parse_mount(text: str) -> dict[Path, str]:
    """macOS: `//me@nas/photos on /Volumes/photos (smbfs, nodev, nosuid, mounted by me)`."""
    matches = re.findall(r"^.* on (/.*) \(([^,)]+)", text, re.MULTILINE)
    return {Path(place): kind for place, kind in matches}
