"""Which columns of a table hold images and which audio: named by the config, else found by name and type."""

import json
from collections.abc import Mapping
from typing import Any, get_args

import pyarrow as pa

from batch.config.sections import SourceConfig
from batch.source.table import holds_bytes
from batch.tasks import TASKS, Medium

FEATURES: Mapping[Medium, str] = {"image": "Image", "audio": "Audio"}


def chosen_columns(
    task: str, config: SourceConfig, schema: pa.Schema
) -> tuple[dict[Medium, tuple[str, ...] | None], list[str]]:
    """Image and audio columns of a job (None: there is none, or the task takes none); and what was chosen
    without being told, for people. Checks nothing: ask.needed_columns does."""
    chosen: dict[Medium, tuple[str, ...] | None] = {}
    notes = []
    features = _features(schema)
    for medium in get_args(Medium):
        named = config.image_column if medium == "image" else config.audio_column
        if named or medium not in TASKS[task].takes:
            chosen[medium] = named
            continue
        found = _found(task, medium, schema, features)
        chosen[medium] = found or None
        if found:
            notes.append(f"{medium} column: {', '.join(found)} (source.{medium}_column names another)")
    return chosen, notes


def _found(task: str, medium: Medium, schema: pa.Schema, features: Mapping[str, str]) -> tuple[str, ...]:
    """By name, then by the `datasets` feature, then the only column that can hold files at all."""
    if medium in schema.names:
        return (medium,)
    featured = tuple(name for name in schema.names if features.get(name) == FEATURES[medium])
    if featured:
        # A task about one medium takes the first; `answer` shows the model all there is.
        return featured[:1] if TASKS[task].needs else featured
    if f"{medium}s" in schema.names:
        return (f"{medium}s",)
    files = tuple(field.name for field in schema if holds_bytes(field.type) and field.name not in features)
    return files if TASKS[task].needs == medium and len(files) == 1 else ()


def _features(schema: pa.Schema) -> dict[str, str]:
    """ "Image" or "Audio" by column, where `datasets` wrote so into the schema (also for lists of them).

    Read once for all columns: it says something of each of them."""
    try:
        written = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError, RecursionError):  # whatever anybody wrote there
        return {}
    if not isinstance(written, dict):
        return {}
    found = ((name, _kind(feature)) for name, feature in written.items())
    return {name: kind for name, kind in found if kind is not None}


def _kind(feature: Any) -> str | None:
    while isinstance(feature, (list, dict)):
        if isinstance(feature, list):
            feature = feature[0] if feature else None
        elif feature.get("_type") in FEATURES.values():
            return str(feature["_type"])
        else:
            feature = feature.get("feature")
    return None
