"""`gemma4-batch status --watch`: the status again and again until the run ends."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from batch.terminal.status import status_object, status_text

HOME_AND_CLEAR = "\x1b[H\x1b[J"


def watch(
    folder: Path,
    stream: TextIO,
    every_s: float,
    sleep: Callable[[float], None] = time.sleep,
    read: Callable[[Path], dict[str, Any]] = status_object,
) -> None:
    """On a terminal one page that is written over; elsewhere a block whenever anything changed."""
    shown = ""
    if stream.isatty():
        stream.write("\x1b[2J")
    while True:
        status = read(folder)
        text = status_text(status)
        if stream.isatty():
            stream.write(f"{HOME_AND_CLEAR}{text}\n")
        elif text != shown:
            stream.write(f"{text}\n\n")
        stream.flush()
        shown = text
        if status["state"] != "running":
            return
        sleep(every_s)
