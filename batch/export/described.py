"""What an answer says of a picture: a text, or where the prompt asked for JSON its description, keywords, alt text."""

import json
from collections.abc import Mapping
from typing import Any

from batch.export.xmp_packet import Fields

DESCRIPTIONS = ("description", "caption", "text", "summary")
ALT_TEXTS = ("alt", "alt_text", "alttext")
KEYWORDS = ("keywords", "tags", "subjects", "labels")


def described(answer: str) -> Fields:
    """A JSON object's fields are taken by their usual names; anything else is the description, and the alt text too."""
    found = _object(answer)
    if found is None:
        return Fields(answer.strip(), answer.strip())
    named = {str(key).casefold(): value for key, value in found.items()}
    description = _first_text(named, DESCRIPTIONS)
    alt_text = _first_text(named, ALT_TEXTS) or description
    return Fields(description or alt_text, alt_text, _keywords(named))


def _object(answer: str) -> Mapping[str, Any] | None:
    try:
        found = json.loads(answer)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _first_text(named: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = named.get(name)
        if isinstance(value, str):
            return value.strip()
    return ""


def _keywords(named: Mapping[str, Any]) -> tuple[str, ...]:
    """A list of texts, or one text with commas. `Places|Berlin` and `Places > Berlin` are paths."""
    value: Any = next((named[name] for name in KEYWORDS if name in named), [])
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    cleaned = ("|".join(part.strip() for part in str(item).replace(">", "|").split("|")) for item in items)
    return tuple(dict.fromkeys(item.strip("|") for item in cleaned if item.strip("| ")))
