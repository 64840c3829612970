"""Where an export writes: standard output, one file put in place as a whole, or a folder of them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from batch import durable
from batch.errors import OutputError
from batch.export.finished import Finished
from batch.export.wanted import STDOUT, Wanted


def file_place(finished: Finished, wanted: Wanted, name: str) -> Path:
    """The file to write. Raises OutputError where one is there that is not ours to replace."""
    if wanted.out is None:
        return finished.place / name
    path = Path(wanted.out).expanduser()
    if path.is_dir():
        path /= name
    if path.exists() and not wanted.overwrite:
        raise OutputError(f"{str(path)!r} is there already. Give another --out, or --overwrite to replace it")
    return path


def folder_place(finished: Finished, wanted: Wanted, name: str) -> Path:
    """The folder to write into. Raises OutputError where it holds anything that is not ours to replace."""
    if wanted.out is None:
        return finished.place / name
    if wanted.out == STDOUT:
        raise OutputError("this form is many files, which cannot go to standard output. Give --out a folder")
    path = Path(wanted.out).expanduser()
    if path.is_file():
        raise OutputError(f"{str(path)!r} is a file, and this form is many files. Give --out a folder")
    if path.is_dir() and any(path.iterdir()) and not wanted.overwrite:
        raise OutputError(
            f"{str(path)!r} is not empty. Give another --out, or --overwrite to replace files of the same names in it"
        )
    return path


@contextmanager
def text_file(path: Path) -> Iterator[TextIO]:
    """A text file that appears whole or not at all; `-` is standard output."""
    if str(path) == STDOUT:
        yield sys.stdout
        return
    with staged_file(path) as staged, staged.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` that takes its place when all went well."""
    staged = path.with_name(f".{path.name}.new")
    with durable.translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield staged
            staged.replace(path)
        except BaseException:
            with suppress(OSError):
                staged.unlink(missing_ok=True)
            raise


def shown_place(path: Path) -> str:
    return "standard output" if str(path) == STDOUT else str(path)
