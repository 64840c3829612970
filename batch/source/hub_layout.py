"""Which Parquet files of a Hub dataset repository make up a configuration's split. Knows names, no network.

By the conventions of `datasets`: the `configs` of the README's metadata, else a folder per configuration, else
names alone. https://huggingface.co/docs/hub/datasets-manual-configuration
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from batch.errors import ConfigError
from batch.source.split import choose_split, splits

DEFAULT = "default"
FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
PARTIAL = "partial-"  # the Hub converts only the first gigabytes of large datasets


def repository_files(
    paths: Iterable[str], readme: str, config: str | None, split: str | None, where: str
) -> list[str] | None:
    """The split's Parquet files among a repository's, sorted; None where the repository keeps no Parquet for it.

    Raises ConfigError for a configuration or split that is not there.
    """
    names = sorted(paths)
    parquet = [name for name in names if name.endswith(".parquet")]
    described = readme_configs(readme)
    if described:
        entry = _choose_config(described, config, where)
        # Patterns may name other formats: then there is no Parquet of it here.
        found = _files_of(entry, names)
        if any(not name.endswith(".parquet") for files in found.values() for name in files):
            return None
        return choose_split(found, split, where)[1] if found else None
    if config not in (None, DEFAULT):
        inside = [name for name in parquet if name.startswith(f"{config}/")]
        return choose_split(splits(inside), split, f"{where}, configuration {config!r},")[1] if inside else None
    return choose_split(splits(parquet), split, where)[1] if parquet else None


def converted_files(paths: Iterable[str], config: str | None, split: str | None, where: str) -> list[str] | None:
    """The files of `refs/convert/parquet` (`<config>/<split>/0000.parquet`); None where it is incomplete."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in sorted(paths):
        parts = name.split("/")
        if len(parts) == 3 and name.endswith(".parquet"):
            found.setdefault(parts[0], {}).setdefault(parts[1], []).append(name)
    if not found:
        return None
    if config is None:
        config = DEFAULT if DEFAULT in found else next(iter(found)) if len(found) == 1 else None
    if config is None or config not in found:
        raise ConfigError(_no_config(where, config, sorted(found)))
    if any(name.startswith(PARTIAL) for name in found[config]):
        return None
    return choose_split(found[config], split, f"{where}, configuration {config!r},")[1]


def readme_configs(readme: str) -> list[dict[str, Any]]:
    """The `configs` entries of a README's metadata block; none where there is no readable block."""
    match = FRONT_MATTER.match(readme.lstrip("\ufeff"))
    try:
        block = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError:
        return []
    entries = block.get("configs") if isinstance(block, dict) else None
    described = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [entry for entry in described if "data_files" in entry or "data_dir" in entry]


def _choose_config(entries: Sequence[Mapping[str, Any]], config: str | None, where: str) -> Mapping[str, Any]:
    by_name = {str(entry.get("config_name", DEFAULT)): entry for entry in entries}
    if config is None:
        marked = next((name for name, entry in by_name.items() if entry.get("default")), None)
        config = marked or (DEFAULT if DEFAULT in by_name else next(iter(by_name)) if len(by_name) == 1 else None)
    if config is None or config not in by_name:
        raise ConfigError(_no_config(where, config, sorted(by_name)))
    return by_name[config]


def _no_config(where: str, config: str | None, names: Sequence[str]) -> str:
    problem = "has several configurations" if config is None else f"has no configuration {config!r}"
    return f"source.config: {where} {problem}; choose one of: {', '.join(names)}."


def _files_of(entry: Mapping[str, Any], names: Sequence[str]) -> dict[str, list[str]]:
    """Split -> files of one `configs` entry."""
    folder = str(entry.get("data_dir") or "").strip("./")
    prefix = f"{folder}/" if folder else ""
    below = [name for name in names if name.startswith(prefix)]
    data_files = entry.get("data_files")
    if data_files is None:
        inside = splits(name.removeprefix(prefix) for name in below if name.endswith(".parquet"))
        return {split: [prefix + name for name in files] for split, files in inside.items()}
    patterns: dict[str, list[str]] = {}
    for item in [data_files] if isinstance(data_files, (str, dict)) else data_files:
        if isinstance(item, dict) and "path" in item:
            patterns.setdefault(str(item.get("split", "train")), []).extend(_listed(item["path"]))
        elif isinstance(item, dict):
            for split, paths in item.items():
                patterns.setdefault(str(split), []).extend(_listed(paths))
        else:
            patterns.setdefault("train", []).append(str(item))
    found = {split: _matching(globs, below, prefix) for split, globs in patterns.items()}
    return {split: files for split, files in found.items() if files}


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _matching(globs: Sequence[str], names: Sequence[str], prefix: str) -> list[str]:
    patterns = [glob_pattern(prefix + pattern.removeprefix("./")) for pattern in globs]
    return [name for name in names if any(pattern.fullmatch(name) for pattern in patterns)]


def glob_pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**` does not, `[...]` and `{a,b}` as in a shell."""
    pattern = ""
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]+\]|\{[^}]*\}|[^*?\[{]+|.", glob, re.DOTALL):
        if token == "**/":
            pattern += "(?:.*/)?"
        elif token == "**":
            pattern += ".*"
        elif token == "*":
            pattern += "[^/]*"
        elif token == "?":
            pattern += "[^/]"
        elif token[0] == "[" and len(token) > 1:
            pattern += "[^" + token[2:] if token[1] == "!" else token
        elif token[0] == "{" and len(token) > 1:
            pattern += "(?:" + "|".join(map(re.escape, token[1:-1].split(","))) + ")"
        else:
            pattern += re.escape(token)
    return re.compile(pattern)
