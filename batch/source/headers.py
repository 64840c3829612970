"""Headers of tables that somebody else wrote (rows, row groups, schema), parsed by a process of their own
(header_reader.py): a footer of 9 MB can ask Arrow for 2 GB, and one that crashed Arrow would end the command.

One process reads all headers of a command: its start takes a quarter of a second, a header less than a millisecond. A
file that ends it is refused by name, and a fresh one reads the next. What lies far away is fetched here: the process
needs no network and no credentials.
"""

import atexit
import io
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.child import TRIES_FOREIGN, Child
from batch.errors import SourceError, WorkerError
from batch.frames.header_reader import HeaderFound, HeaderRefused, HeaderWanted
from batch.ranged_file import RangedFile
from batch.source.listing import is_utf8
from batch.source.parser import ParserEnded, allowed_bytes, answers_of
from batch.source.table import Header

STARTS = 3
SILENCE_S = 600.0
"""As of a reader of rows: a disk may be slow; a parser that says nothing for longer hangs."""
END_BYTES = 64 * 1024
"""What is fetched first of a file far away: most footers lie in there."""
SIGN = b"PAR1"
SIGN_BYTES = 8  # the length of the footer, and SIGN
LARGEST_FOOTER_BYTES = 1024**3


class UnreadableTable(SourceError):
    """A file that is no table, or that ends whoever parses it."""


class HeaderReader:
    """Asks one process for headers, from any thread. It is started when it is needed."""

    def __init__(self, *, most_bytes: int | None = None, silence_s: float = SILENCE_S) -> None:
        """`most_bytes` of memory are let it: None for half of the machine's."""
        self._most_bytes = most_bytes
        self._silence_s = silence_s
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._answers: Iterator[Any] = iter(())
        self._answered = 0

    def read(self, files: Sequence[tuple[Path | RangedFile, str]]) -> list[Header | UnreadableTable | OSError]:
        """Of tables on this disk, or of Parquet files far away, each with its name for messages: a header, or why there
        is none. Raises WorkerError where no process comes up, and whatever fetching raises."""
        wanted = [_wanted(file, name) for file, name in files]
        with self._lock:
            answers = iter(self._ask([asked for asked in wanted if _can_be_asked(asked)]))
        return [_header(next(answers), asked.name) if _can_be_asked(asked) else _unspeakable(asked) for asked in wanted]

    def close(self) -> None:
        """Ends the process; reading on begins another."""
        with self._lock:
            self._end()

    def _ask(self, wanted: Sequence[HeaderWanted]) -> list[HeaderFound | HeaderRefused]:
        """In order, so that the first without an answer is what a process died of. It is blamed by one that has read no
        other."""
        answers: list[HeaderFound | HeaderRefused] = []
        foreign = 0
        while len(answers) < len(wanted):
            try:
                child = self._child or self._started()
                for asked in wanted[len(answers) :]:
                    child.send(asked)
                while len(answers) < len(wanted):
                    answers.append(next(self._answers))
                    self._answered, foreign = self._answered + 1, 0
            except ParserEnded as end:
                alone = self._answered == 0
                self._end()
                foreign += end.foreign
                if foreign >= TRIES_FOREIGN or (alone and not end.foreign):
                    answers.append(HeaderRefused(f"{wanted[len(answers)].name} cannot be read as a table: {end}."))
                    foreign = 0
            except BaseException:
                self._end()  # or its answers would be taken for those to the next questions
                raise
        return answers

    def _started(self) -> Child:
        """Up, and ready to be asked."""
        if self._most_bytes is None:
            self._most_bytes = allowed_bytes()
        starts = 0
        while True:
            self._child, starts = Child("header_reader"), starts + 1
            self._answers = answers_of(self._child, self._most_bytes, self._silence_s)
            try:
                next(self._answers)  # HeaderReaderReady
            except ParserEnded as end:
                self._end()
                if starts == STARTS:
                    raise WorkerError(f"the process that reads headers of tables does not start: {end}") from end
            else:
                return self._child

    def _end(self) -> None:
        child, self._child, self._answers, self._answered = self._child, None, iter(()), 0
        if child is not None:
            child.signal(signal.SIGKILL)  # a parser holds nothing that needs a farewell
            child.close()


def _wanted(file: Path | RangedFile, name: str) -> HeaderWanted:
    return HeaderWanted(name, str(file.absolute())) if isinstance(file, Path) else HeaderWanted(name, "", _footer(file))


def _can_be_asked(asked: HeaderWanted) -> bool:
    """Frames are UTF-8."""
    return is_utf8(asked.name + asked.path)


def _unspeakable(asked: HeaderWanted) -> UnreadableTable:
    return UnreadableTable(f"{asked.name!r} is no UTF-8. Rename the file, or its folder.")


def _header(answer: HeaderFound | HeaderRefused, name: str) -> Header | UnreadableTable | OSError:
    match answer:
        case HeaderRefused(message, 0):
            return UnreadableTable(message)
        case HeaderRefused(message, number):
            return OSError(number, message)
    try:
        return Header(answer.rows, answer.groups, pa.ipc.read_schema(pa.py_buffer(answer.schema)))
    except (pa.ArrowException, OSError):
        return UnreadableTable(f"{name} has a column that is nested too deeply. Write it again.")


def _footer(file: RangedFile) -> bytes:
    """The end of the file, from its footer on: as a file of its own it has the same header."""
    size = file.seek(0, io.SEEK_END)
    end = _range(file, max(0, size - END_BYTES), size)
    length = int.from_bytes(end[-SIGN_BYTES : -len(SIGN)], "little") + SIGN_BYTES
    if end.endswith(SIGN) and len(end) < length <= min(size, LARGEST_FOOTER_BYTES):
        end = _range(file, size - length, size - len(end)) + end
    return end  # what that is, if it is no footer, the process will say


def _range(file: RangedFile, start: int, stop: int) -> bytes:
    file.seek(start)
    return file.read(stop - start)


_reader = HeaderReader()
"""Of this command."""
atexit.register(_reader.close)


def table_headers(files: Sequence[tuple[Path | RangedFile, str]]) -> list[Header | UnreadableTable | OSError]:
    """See HeaderReader.read."""
    return _reader.read(files)


def table_header(file: Path | RangedFile, name: str) -> Header:
    """Of one. Raises UnreadableTable, OSError."""
    (header,) = _reader.read([(file, name)])
    if isinstance(header, Exception):
        raise header
    return header


def end_header_reader() -> None:
    """Where no more headers are read for a while."""
    _reader.close()
