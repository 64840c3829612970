"""Tables that only `datasets` opens (JSON, CSV), kept once as Arrow files in a cache.

Keyed by the input's contents and time, so runner and worker find the same file, each by itself, and only
the one that comes first loads `datasets` (two seconds, hence the late import). Media stay undecoded. JSON and CSV are
parsed by a process of their own (converter.py): brackets nested a hundred thousand deep crash Arrow.
"""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.child import Child
from batch.errors import SourceError
from batch.frames.converter import TableToConvert
from batch.records import WorkerFailed
from batch.source.listing import fingerprint, suffix_of
from batch.source.parser import ParserEnded, allowed_bytes, answers_of

BUILDERS = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv", ".tsv": "csv"}
TEXT_SUFFIXES = frozenset(BUILDERS)
FORMAT_VERSION = 1
STAGED = "table.arrow"
WRITE_ROWS = 100


def cache_folder() -> Path:
    """Beside the Hugging Face cache, so that whoever moves that one moves both."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface"
    return Path(os.environ.get("HF_HOME") or default).expanduser() / "gemma4-batch"


def converted_file(path: Path) -> Path:
    """The Arrow file of a JSON or CSV file. Raises FileNotFoundError, or SourceError where it is none."""
    found = path.stat()
    if found.st_size == 0:
        raise SourceError(f"{path} is empty (0 bytes), so it is no table. Remove it or write it again.")
    return converted_text(fingerprint(path, found.st_size, found.st_mtime_ns), str(path), path)


def converted_text(key: str, name: str, path: Path, fetch: Callable[[], None] = lambda: None) -> Path:
    """The Arrow file of the JSON or CSV file at `path`, known by `key`, its content's; `fetch` puts it there where the
    cache does not know it."""
    target = _target(f"{suffix_of(path.name)}|{key}")
    if target.exists():
        return target
    with _staging() as folder:
        fetch()
        _convert_aside(TableToConvert(str(path), name, str(folder)))
        (folder / STAGED).replace(target)
    return target


def _convert_aside(table: TableToConvert) -> None:
    """In a process of its own. Raises SourceError for a table that cannot be read, whatever it does to its parser."""
    child = Child("converter")
    try:
        child.send(table)
        match next(answers_of(child, allowed_bytes())):
            case WorkerFailed(_, message):
                raise SourceError(message)
    except ParserEnded as end:
        raise SourceError(f"{table.name} cannot be read as a table: {end}.") from end
    finally:
        child.signal(signal.SIGKILL)
        child.close()


def convert(table: TableToConvert) -> None:
    """Called by converter.py. Raises SourceError."""
    suffix = suffix_of(table.path)
    extra = {"sep": "\t"} if suffix == ".tsv" else {}
    options = {"data_files": [table.path], "split": "train", "cache_dir": table.folder, **extra}
    with _datasets(table.name) as datasets:
        dataset = datasets.load_dataset(BUILDERS[suffix], **options)
        _write(datasets, dataset, Path(table.folder) / STAGED, embed=False)


def converted(key: str, name: str, load: Callable[[Any, str], Any], *, embed: bool = False) -> Path:
    """The Arrow stream file of what `load(datasets, cache folder)` returns, made where it is not there yet.

    `embed`: files that rows point to are copied into the rows (for what lies in a temporary place).
    """
    target = _target(key)
    if target.exists():
        return target
    with _staging() as folder, _datasets(name) as datasets:
        _write(datasets, load(datasets, str(folder)), folder / STAGED, embed)
        (folder / STAGED).replace(target)
    return target


def _target(key: str) -> Path:
    digest = blake2b(f"{FORMAT_VERSION}|{key}".encode(), digest_size=16).hexdigest()
    return cache_folder() / "tables" / f"{digest}.arrow"


@contextmanager
def _staging() -> Iterator[Path]:
    """A temporary folder on the disk of our cache."""
    tables = cache_folder() / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".converting-", dir=tables, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _datasets(name: str) -> Iterator[Any]:
    """`datasets`, quiet; its errors translated."""
    import datasets  # late: two seconds, and whoever finds the table converted never needs it

    # Opening a local JSON file would be counted at s3.amazonaws.com: nothing of ours reaches for the network.
    counted, datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = datasets.config.HF_UPDATE_DOWNLOAD_COUNTS, False
    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        yield datasets
    except (SourceError, KeyboardInterrupt):
        raise
    except Exception as error:  # builders let anything through: pandas, pyarrow, json, fsspec
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        if isinstance(cause, ModuleNotFoundError) and str(cause.name).startswith("torch"):
            raise SourceError(f"{name}: `datasets` opens its audio only with torch. Give it as Parquet.") from error
        line = (str(cause).splitlines() or [""])[0]
        raise SourceError(f"{name} cannot be read as a table ({type(cause).__name__}: {line}).") from error
    finally:
        datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = counted
        if shown:
            datasets.enable_progress_bars()


def _write(datasets: Any, dataset: Any, path: Path, embed: bool) -> None:
    # Features go along as metadata: they say which column is an image and which is audio.
    schema = dataset.features.arrow_schema
    with path.open("wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for table in dataset.with_format("arrow").iter(WRITE_ROWS):
            whole = datasets.table.embed_table_storage(table) if embed else table
            writer.write_table(whole.cast(schema))
        file.flush()
