"""Where one machine's folders lie on another, and a row's paths led there."""

from collections.abc import Mapping
from typing import Any

FILE_URL = "file://"


def mapped(path: str, path_map: Mapping[str, str]) -> str:
    """The path with the longest of the map's folders that it lies in replaced; only whole names count."""
    for here, there in sorted(path_map.items(), key=lambda item: -len(item[0])):
        folder = here.rstrip("/")
        if path == folder or path.startswith(f"{folder}/"):
            return there.rstrip("/") + path[len(folder) :]
    return path


def mapped_value(value: Any, path_map: Mapping[str, str]) -> Any:
    """A media column's value (source/medium.py) with the paths in it led through the map."""
    if not path_map:
        return value
    if isinstance(value, (list, tuple)):
        return [mapped_value(item, path_map) for item in value]
    if isinstance(value, dict) and value.get("bytes") is None:
        return {**value, "path": mapped_value(value.get("path"), path_map)}
    if isinstance(value, str):
        scheme = FILE_URL if value.startswith(FILE_URL) else ""
        return scheme + mapped(value.removeprefix(scheme), path_map)
    return value
