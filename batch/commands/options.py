"""Arguments and options that several commands share, and the job that a config argument names."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batch.errors import ConfigError, OutputError

if TYPE_CHECKING:
    from batch.config.job import JobConfig


class DType(Enum):
    """`--dtype`."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


ConfigPath = Annotated[Path, typer.Argument(help="the job: a YAML file", show_default=False)]
Folder = Annotated[Path, typer.Argument(help="the job's folder (output.path)", show_default=False)]
ModelName = Annotated[str, typer.Argument(metavar="MODEL", help="short name, Hub id or folder", show_default=False)]
Revision = Annotated[str | None, typer.Option(help="commit, tag or branch of a Hub model")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


def load_job(config: Path, set_: list[str] | None = None, limit: int | None = None) -> "JobConfig":
    """The config file with its `--set` and `--limit`. Raises ConfigError."""
    from batch.config.job import load_config

    return load_config(config, set_ or (), limit)


def need_dask() -> None:
    """Raises ConfigError where the extra is not installed."""
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise ConfigError("several machines need Dask, which is not installed here: pip install 'gemma4-batch[dask]'")


def writable(path: Path) -> None:
    """Refuse a report's place before the work is done. Raises OutputError where the folder is not there."""
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.absolute().parent}; make it first")


def write_text(path: Path, content: str) -> None:
    """Raises OutputError where it cannot be written."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as exc:
        raise OutputError(f"{path}: the report cannot be written: {exc.strerror}") from exc


def size_of(text: str, option: str) -> int:
    """The bytes that an option such as `--memory 16GiB` means. Raises ConfigError."""
    from pydantic import TypeAdapter, ValidationError

    from batch.config.values import Size

    try:
        size: int = TypeAdapter(Size).validate_python(text)
    except ValidationError as exc:
        raise ConfigError(f"{option} is {text!r}: must be a size such as 16GiB") from exc
    return size
