"""Waiting for a process that parses what somebody else wrote: its answers, or how it ended."""

import time
from collections.abc import Iterator
from math import inf
from typing import Any

from batch.child import Child
from batch.machine.memory import memory_bytes, private_bytes

LOOK_S = 0.2
MEMORY_SHARE = 0.5
"""Of the machine's memory, which a parser may take: it may be slow, and never hurt what else runs."""


class ParserEnded(Exception):
    """Its text says how. `foreign`: it may be anybody's doing."""

    def __init__(self, how: str, *, foreign: bool = False) -> None:
        super().__init__(how)
        self.foreign = foreign


def allowed_bytes() -> int:
    return int(MEMORY_SHARE * memory_bytes())


def answers_of(child: Child, most_bytes: int, silence_s: float = inf) -> Iterator[Any]:
    """Its records, as they are asked for. Raises ParserEnded where it died, took more memory, or was silent for so
    long while it was waited for; it is the caller's to kill."""
    while True:
        waited_from_s = time.monotonic()
        while not child.waiting():
            if child.ended and not child.waiting():  # what it wrote until its end is there before it has ended
                by_signal = (child.return_code or 0) < 0  # then its last words say nothing more
                how = child.end if by_signal else f"{child.end}; {child.stderr_tail.strip()}"
                raise ParserEnded(f"its parser died ({how})", foreign=child.ended_by_anybody)
            if not child.arrived.wait(LOOK_S):
                if private_bytes(child.pid) > most_bytes:
                    raise ParserEnded(f"its parser took over {most_bytes:,} bytes")
                if time.monotonic() - waited_from_s > silence_s:
                    raise ParserEnded(f"its parser said nothing for {silence_s:g} s")
            child.arrived.clear()
        yield from child.receive()
