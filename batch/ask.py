"""What a row asks the model: its prompt, its system text, its media, and how tokens are chosen.

Every request of a row says the same; a recording's differ only in the segment heard. Media are opened
elsewhere (prepare/); the checkpoint's own chat template comes later (gemma/chat.py).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, get_args

from batch.config.job import JobConfig
from batch.config.sections import SOFT_TOKEN_BUDGETS
from batch.errors import ConfigError, RowError
from batch.prepared import MAX_PENALTY, RETRY_PENALTY, Sampling
from batch.tasks import TASKS, Medium
from batch.template import METADATA, metadata_fields, render, template_columns

VARIATION_PENALTY = 0.1  # on top of RETRY_PENALTY, each time a greedy answer is sent back

# The wording Google's audio notebook uses for Gemma 4; without a language it names none.
ASR_FORMAT = (
    "Follow these specific instructions for formatting the answer:\n"
    "* Only output the transcription, with no newlines.\n"
    "* When transcribing numbers, write the digits, i.e. write 1.7 and not one point seven, "
    "and write 3 instead of three."
)
ASR_OWN_LANGUAGE = f"Transcribe the following speech segment in its original language. {ASR_FORMAT}"
ASR_LANGUAGE = f"Transcribe the following speech segment in {{0}} into {{0}} text. {ASR_FORMAT}"
ASR_TRANSLATE = (
    "Transcribe the following speech segment in {0}, then translate it into {1}.\n"
    "When formatting the answer, first output the transcription in {0}, then one newline, "
    "then output the string '{1}: ', then the translation in {1}."
)


def prompt_template(config: JobConfig) -> str:
    """The job's prompt template: its own, or the task's default (`answer` asks what a column `prompt` says)."""
    if config.prompt.text is not None:
        return config.prompt.text
    if config.task == "caption":
        return "Describe this image in one sentence."
    if config.task == "transcribe":
        return _asr_prompt(config.media.language, config.media.translate_to)
    return "{{ prompt }}"


def _asr_prompt(language: str | None, translate_to: str | None) -> str:
    if translate_to is not None:
        return _literal(ASR_TRANSLATE.format(language or "its original language", translate_to))
    return _literal(ASR_LANGUAGE.format(language) if language is not None else ASR_OWN_LANGUAGE)


def _literal(text: str) -> str:
    """Config text that must not become template syntax."""
    return "{% raw %}" + text + "{% endraw %}" if "{" in text else text


def media_columns(config: JobConfig, columns: Sequence[str]) -> dict[Medium, tuple[str, ...]]:
    """The image and audio columns the job reads: those the config names, else `image` and `audio` where
    the task takes them and the table has them; `[]` names none. Raises ConfigError for a name the table
    lacks, and where the medium the task needs has no column."""
    task = TASKS[config.task]
    found: dict[Medium, tuple[str, ...]] = {}
    for medium in get_args(Medium):
        named = config.source.image_column if medium == "image" else config.source.audio_column
        if named and medium not in task.takes:
            raise ConfigError(f"source.{medium}_column: task {task.name!r} takes no {medium}; leave it out.")
        for name in named or ():
            _require(name, columns, f"source.{medium}_column")
        found[medium] = named if named is not None else (medium,) if medium in task.takes and medium in columns else ()
    if task.needs is not None and not found[task.needs]:
        raise ConfigError(
            f"source.{task.needs}_column: task {task.name!r} needs an {task.needs} column and the input "
            f"has none called {task.needs!r}. Its columns: {', '.join(columns) or 'none'}. Name the one to use."
        )
    return found


def needed_columns(config: JobConfig, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns a row's requests are made of (media and templates), in table order. Raises ConfigError
    for a template's syntax, and for a column the table lacks, with the nearest one it has."""
    media = media_columns(config, columns)
    needed = {name for names in media.values() for name in names}
    read = {where: template_columns(text, where=where) for where, text in _templates(config)}
    metadata = set(metadata_used(config, columns))
    for where, names in read.items():
        for name in sorted(names - metadata):
            _require(name, columns, where)
            needed.add(name)
    if config.media.soft_tokens_column is not None:
        _require(config.media.soft_tokens_column, columns, "media.soft_tokens_column")
        needed.add(config.media.soft_tokens_column)
    return tuple(name for name in columns if name in needed)


def metadata_used(config: JobConfig, columns: Sequence[str]) -> dict[str, set[str]]:
    """What the job's templates ask of a photo's own metadata: `exif` or `meta` -> fields. A column of that name
    comes first, and a job without images has no such thing. Raises ConfigError for a field there is none of."""
    if not media_columns(config, columns)["image"]:
        return {}
    names = [name for name in METADATA if name not in columns]
    used: dict[str, set[str]] = {}
    for where, text in _templates(config):
        for name, fields in metadata_fields(text, names, where=where).items():
            used.setdefault(name, set()).update(fields)
    return used


def metadata_notes(config: JobConfig, columns: Sequence[str]) -> list[str]:
    """What a person should know where a column has the name of the photos' metadata."""
    read = {name for where, text in _templates(config) for name in template_columns(text, where=where)}
    return [
        f"{{{{ {name} }}}} is the column {name!r}; the metadata of the files would have that name too"
        for name in METADATA
        if name in read and name in columns
    ]


def _templates(config: JobConfig) -> tuple[tuple[str, str], ...]:
    return ("prompt", prompt_template(config)), ("system", config.system or "")


def _require(name: str, columns: Sequence[str], where: str) -> None:
    if name in columns:
        return
    near = get_close_matches(name, columns, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ConfigError(f"{where}: no column {name!r} in the input; it has: {', '.join(columns) or 'none'}.{hint}")


@dataclass(frozen=True, slots=True)
class Ask:
    """What every request of a row says. `images` and `audio` are column values that are not null, in
    column order; a value may itself be a list. `soft_tokens` is the budget of each image."""

    prompt: str
    system: str | None
    images: tuple[Any, ...]
    audio: tuple[Any, ...]
    soft_tokens: int = 280


def ask(
    config: JobConfig,
    media: Mapping[Medium, Sequence[str]],
    values: Mapping[str, Any],
    metadata: Callable[[Sequence[Any]], Mapping[str, Mapping[str, str]]] | None = None,
) -> Ask:
    """The row's rendered texts and media. `metadata` says what the files of the images say of themselves, where the
    templates ask for it.

    Raises RowError: template_error, wrong_value (`media.soft_tokens_column`), missing_media where the medium the
    task needs is null (`answer` goes on without), and what `metadata` raises."""
    images = tuple(values[name] for name in media["image"] if values[name] is not None)
    audio = tuple(values[name] for name in media["audio"] if values[name] is not None)
    needs = TASKS[config.task].needs
    if needs is not None and not (images if needs == "image" else audio):
        raise RowError("missing_media", f"the row's {needs} is null (column {', '.join(media[needs])})")
    soft_tokens = _soft_tokens(config, values)
    texts = {name: value for name, value in values.items() if name not in (*media["image"], *media["audio"])}
    if metadata is not None:
        texts |= metadata(images)
    prompt = render(prompt_template(config), texts, where="prompt")
    system = render(config.system, texts, where="system") if config.system is not None else None
    return Ask(prompt, system or None, images, audio, soft_tokens)


def _soft_tokens(config: JobConfig, values: Mapping[str, Any]) -> int:
    column = config.media.soft_tokens_column
    value = None if column is None else values[column]
    if value is None:
        return config.media.soft_tokens
    if isinstance(value, str) and value.strip().isdecimal():  # a CSV column knows only text
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in SOFT_TOKEN_BUDGETS:
        allowed = ", ".join(map(str, SOFT_TOKEN_BUDGETS))
        raise RowError("wrong_value", f"{column} is {str(value)[:100]!r}; a row's budget is one of {allowed}, or null")
    return int(value)


def request_sampling(config: JobConfig, row_id: str, request: int, variation: int = 0) -> Sampling:
    """How this request's tokens are chosen. Its seed hangs on the job's seed and on the row's identity,
    so a row is sampled alike whatever runs beside it, and after a resume. Greedy needs no seed.

    `variation` counts how often the row's answer was sent back (`run --retry-flagged`): a sampled row draws with
    another seed each time, a greedy one has a higher repetition penalty than any it had before.
    """
    sampling = Sampling(
        temperature=config.sampling.temperature,
        top_p=config.sampling.top_p,
        top_k=config.sampling.top_k,
        repetition_penalty=config.sampling.repetition_penalty,
        seed=config.sampling.seed,
    )
    if sampling.temperature == 0.0:
        if not variation:
            return sampling
        penalty = max(RETRY_PENALTY, sampling.repetition_penalty) + VARIATION_PENALTY * variation
        return replace(sampling, repetition_penalty=min(penalty, MAX_PENALTY))
    again = f"\0{variation}" if variation else ""
    digest = hashlib.sha256(f"{config.sampling.seed}\0{row_id}\0{request}{again}".encode()).digest()
    return replace(sampling, seed=int.from_bytes(digest[:4], "little"))
