"""Loaded by every Python process of a watched run (PYTHONPATH): notes each file it opens for writing, changes or reads.

One line per event in the file that GEMMA4_BATCH_TEST_WATCH names: what was done, and the path.
"""

import os
import sys

_place = os.environ.get("GEMMA4_BATCH_TEST_WATCH")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1, "os.chmod": 0}

if _place:
    _log = os.open(_place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def _watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, flags = arguments[0], arguments[2]
            what = "write" if isinstance(flags, int) and flags & _WRITING else "read"
        elif event in _CHANGES:
            path, what = arguments[_CHANGES[event]], "write"
        else:
            return
        if isinstance(path, (str, bytes, os.PathLike)):
            os.write(_log, f"{what} {os.fsdecode(path)!r}\n".encode("utf-8", "backslashreplace"))

    sys.addaudithook(_watch)
