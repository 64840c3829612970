"""What lies at a path or in a Hub dataset, and which job it looks like. Reads names, footers and no rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from batch.config.sections import URL, SourceConfig
from batch.errors import ConfigError
from batch.source.folder import FolderSource
from batch.source.media_columns import chosen_columns
from batch.source.source import Source, open_source

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
# Names people and datasets use, the likelier first.
QUESTIONS = ("prompt", "question", "instruction", "query", "input")
ANSWERS = ("reference", "answer", "answers", "label", "caption", "transcript", "transcription", "sentence", "text")

Task = Literal["caption", "transcribe", "answer"]


@dataclass(frozen=True, slots=True)
class Guess:
    """`what`: for people. `columns`: None for a folder of media. `question` and `reference` are columns that look like
    it; `image` and `audio` those with media."""

    task: Task
    what: str
    columns: tuple[str, ...] | None = None
    question: str | None = None
    reference: str | None = None
    image: tuple[str, ...] = ()
    audio: tuple[str, ...] = ()


def source_keys(place: str) -> dict[str, str]:
    """`path` where there is such a thing here, or it is a URL, else `dataset`. Raises ConfigError for neither."""
    if URL.match(place) or Path(place).expanduser().exists() or any(character in place for character in "*?["):
        return {"path": place}
    if HUB_ID.fullmatch(place) and not place.startswith("."):
        return {"dataset": place}
    raise ConfigError(f"there is no {place!r} here, and it is no Hub dataset (org/name). Check the spelling")


def guess(keys: dict[str, str], task: Task | None = None) -> Guess:
    """`task`: what a person said already. Raises SourceError, ConfigError where the source cannot be opened."""
    config = SourceConfig.model_validate(keys)
    source = open_source(
        config, shard_media="audio" if task == "transcribe" else "image" if task == "caption" else None
    )
    if isinstance(source, FolderSource):
        files = len(source.files())
        if source.medium == "image":
            return Guess(task or "caption", f"{files} images")
        return Guess(task or "transcribe", f"{files} recordings")
    return _of_table(config, source, task)


def _of_table(config: SourceConfig, source: Source, task: Task | None) -> Guess:
    rows = sum(file.rows for file in source.files())
    names = source.schema.names
    chosen, _ = chosen_columns("answer", config, source.schema)
    image, audio = chosen["image"] or (), chosen["audio"] or ()
    question = _first(QUESTIONS, names, (*image, *audio))
    guessed: Task = "answer" if question else "caption" if image else "transcribe" if audio else "answer"
    return Guess(
        task=task or guessed,
        what=f"{rows} rows with the columns {', '.join(names)}",
        columns=tuple(names),
        question=question,
        reference=_first(ANSWERS, names, (*image, *audio, question)),
        image=image,
        audio=audio,
    )


def _first(wanted: Sequence[str], names: Sequence[str], taken: Sequence[str | None]) -> str | None:
    """The first of `wanted` that is a column, whatever its case."""
    by_lower = {name.lower(): name for name in names if name not in taken}
    return next((by_lower[name] for name in wanted if name in by_lower), None)
