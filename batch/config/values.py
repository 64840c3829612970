"""The kinds of value a config key may hold: sizes, counts, paths, names. Each says what is allowed.

A ValueError's text completes the sentence "<key> is <value>: must be ...".
"""

import json
import os
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)", re.IGNORECASE)
SIZE_PATTERN = r"^\d+(\.\d+)?\s*([KMGT]i?B|B)$"
POWERS = {"B": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def _size(value: Any) -> Any:
    """ "1GiB" (1024s) or "1GB" (1000s) as bytes."""
    match = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        number, unit = match[1], match[2].upper()
        value = round(float(number) * (1024 if "I" in unit else 1000) ** POWERS[unit[0]])
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("a size such as 1GiB or 512MB, or a positive number of bytes")
    return value


def _size_or_auto(value: Any) -> Any:
    try:
        return value if value == "auto" else _size(value)
    except ValueError as exc:
        raise ValueError(f"auto, {exc}") from exc


def _count_or_auto(value: Any) -> Any:
    if value != "auto" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise ValueError("auto, or a whole number of at least 1")
    return value


def _path(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise ValueError("a path; it is empty or holds a zero byte")
    return os.path.expanduser(value)  # noqa: PTH111 - Path would collapse globs such as 'a//b' and fail on an unknown ~user


def _json_schema(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise ValueError("a JSON Schema, of JSON values only") from exc
    return value


Integer = Annotated[int, Strict()]
Count = Annotated[int, Strict(), Field(ge=1)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
_INTEGER_OR_SIZE = [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": SIZE_PATTERN}]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"anyOf": _INTEGER_OR_SIZE})]
AutoSize = Annotated[
    int | Literal["auto"],
    BeforeValidator(_size_or_auto),
    WithJsonSchema({"anyOf": [{"const": "auto"}, *_INTEGER_OR_SIZE]}),
]
AutoCount = Annotated[
    int | Literal["auto"],
    BeforeValidator(_count_or_auto),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1}]}),
]
LocalPath = Annotated[str, AfterValidator(_path)]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
JsonSchema = Annotated[dict[str, Any], AfterValidator(_json_schema)]
