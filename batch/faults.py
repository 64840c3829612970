"""The fault kit: a process that misbehaves on purpose, for trying what happens then. Never on by itself.

GEMMA4_BATCH_FAULT="segv:photos/7.jpg" makes every preparer crash on the rows whose id contains that text;
`hang`, `bloat` and `error` instead of `segv` make it hang, swallow memory, or raise. Several are joined by ";".
"segv:a.wav#0@2" waits until the recording's third segment was found.
"""

import os
import signal
import time

VARIABLE = "GEMMA4_BATCH_FAULT"
BLOAT_STEP_BYTES = 16 * 1024**2
MAX_BLOAT_BYTES = 20 * 1024**3  # a bloat that nobody stops stops here


def parse_faults(text: str) -> tuple[tuple[str, str], ...]:
    """(kind, part of a row id) pairs."""
    pairs = (entry.partition(":") for entry in text.split(";") if entry)
    return tuple((kind, part) for kind, _, part in pairs)


def misbehave(row_id: str, faults: tuple[tuple[str, str], ...]) -> None:
    """Do to this process what `faults` say of the row, if anything."""
    for kind, part in faults:
        if part in row_id:
            {"segv": _crash, "hang": _hang, "bloat": _bloat, "error": _error}[kind]()


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
    _hang()


def _hang() -> None:
    while True:
        time.sleep(3600)


def _bloat() -> None:
    held = []
    for _ in range(MAX_BLOAT_BYTES // BLOAT_STEP_BYTES):
        held.append(bytearray(b"\1") * BLOAT_STEP_BYTES)
        time.sleep(0.002)


def _error() -> None:
    raise RuntimeError("a decoder lost its way")
