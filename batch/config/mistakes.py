"""Sentences about mistakes in a config: where it was written, the key, the value, and what is allowed."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from batch.config.yaml_text import dotted, shown
from batch.errors import ConfigError

MUST_BE = {
    "string_type": "text; put it in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "one name, or a list of names",
    "dict_type": "a mapping",
}


def conflict(message: str) -> PydanticCustomError:
    """A mistake between two keys: the message names both."""
    return PydanticCustomError("conflict", "{message}", {"message": message})


def explain(error: ValidationError, model: type[BaseModel], where: str, settings: Mapping[str, str]) -> ConfigError:
    """One line per mistake: where it was written, the key, the value, and what is allowed.

    `settings` maps the key path of each command-line setting to the way it was written.
    """
    lines = []
    for item in error.errors(include_url=False):
        key = dotted(item["loc"])
        written = [text for path, text in settings.items() if _touch(key, path)]
        origin = f"{where} with {' '.join(written)}" if written else where
        lines.append(f"{origin}: {_sentence(item, key, model)}")
    return ConfigError("\n".join(lines))


def _sentence(item: Any, key: str, model: type[BaseModel]) -> str:
    kind, value = item["type"], shown(item["input"])
    if kind == "conflict":
        return str(item["msg"])
    if kind == "extra_forbidden":
        return f"unknown key {key!r}; {_nearest(model, item['loc'])}"
    if kind == "missing":
        description = fields(section_at(model, item["loc"][:-1]))[str(item["loc"][-1])].description
        return f"{key} is missing: {description}"
    if kind == "model_type":
        return f"{key} is {value}: must be a mapping of {', '.join(fields(section_at(model, item['loc'])))}"
    if kind == "value_error":
        return f"{key} is {value}: must be {item['ctx']['error']}"
    return f"{key} is {value}: must be {MUST_BE.get(kind, str(item['msg']).removeprefix('Input should be '))}"


def _nearest(model: type[BaseModel], path: Sequence[int | str]) -> str:
    """What to write in place of an unknown key."""
    parents, key = path[:-1], str(path[-1])
    here = {name.lower(): dotted((*parents, name)) for name in fields(section_at(model, parents))}
    everywhere = {full.rpartition(".")[2]: full for full in reversed(key_paths(model))}
    for candidates in (here, everywhere):
        close = difflib.get_close_matches(key.lower(), candidates, n=1, cutoff=0.6 if candidates is here else 0.8)
        if close:
            return f"did you mean {candidates[close[0]]!r}?"
    return f"valid here: {', '.join(here.values())}"


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A section's fields by the name that is written in YAML."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def section_at(model: type[BaseModel], path: Sequence[int | str]) -> type[BaseModel]:
    """The section that a key path leads to."""
    for part in path:
        model = cast(type[BaseModel], fields(model)[str(part)].annotation)
    return model


def key_paths(model: type[BaseModel]) -> list[str]:
    """Every key as `section.key`, in the order of the model."""
    paths: list[str] = []
    for name, field in fields(model).items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            paths += [f"{name}.{inner}" for inner in key_paths(field.annotation)]
        else:
            paths.append(name)
    return paths


def _touch(key: str, setting: str) -> bool:
    """Whether the error at `key` concerns what was set at `setting` (one leads to the other)."""
    key = key.replace("[", ".")
    return not key or any(f"{one}.".startswith(f"{other}.") for one, other in ((key, setting), (setting, key)))
