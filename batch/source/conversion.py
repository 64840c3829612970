"""Tables that only `datasets` opens (JSON, CSV), kept once as Arrow files in a cache.

Keyed by the input's contents and time, so runner and worker find the same file, each by itself, and only
the one that comes first loads `datasets` (two seconds, hence the late import). Media stay undecoded.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch.errors import SourceError
from batch.source.listing import fingerprint, suffix_of

BUILDERS = {".json": "json", ".jsonl": "json", ".ndjson": "json", ".csv": "csv", ".tsv": "csv"}
TEXT_SUFFIXES = frozenset(BUILDERS)
FORMAT_VERSION = 1
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
    suffix = suffix_of(path.name)

    def load(datasets: Any, cache: str) -> Any:
        fetch()
        extra = {"sep": "\t"} if suffix == ".tsv" else {}
        return datasets.load_dataset(BUILDERS[suffix], data_files=[str(path)], split="train", cache_dir=cache, **extra)

    return converted(f"{suffix}|{key}", name, load)


def converted(key: str, name: str, load: Callable[[Any, str], Any], *, embed: bool = False) -> Path:
    """The Arrow stream file of what `load(datasets, cache folder)` returns, made where it is not there yet.

    `embed`: files that rows point to are copied into the rows (for what lies in a temporary place).
    """
    target = (
        cache_folder() / "tables" / f"{blake2b(f'{FORMAT_VERSION}|{key}'.encode(), digest_size=16).hexdigest()}.arrow"
    )
    if target.exists():
        return target
    with _datasets(name) as (datasets, cache):
        staged = Path(cache) / "table.arrow"
        _write(datasets, load(datasets, cache), staged, embed)
        staged.replace(target)
    return target


@contextmanager
def _datasets(name: str) -> Iterator[tuple[Any, str]]:
    """`datasets`, quiet, with a temporary cache of its own on the disk of ours; its errors translated."""
    tables = cache_folder() / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".converting-", dir=tables, ignore_cleanup_errors=True) as cache:
        import datasets  # late: two seconds, and a worker that finds the table converted never needs it

        # Opening a local JSON file would be counted at s3.amazonaws.com: nothing of ours reaches for the network.
        counted, datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = datasets.config.HF_UPDATE_DOWNLOAD_COUNTS, False
        shown = datasets.is_progress_bar_enabled()
        datasets.disable_progress_bars()
        try:
            yield datasets, cache
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
