"""The config as a person writes it: strict YAML, and `--set key.path=value` on top of it.

Knows nothing of the keys themselves.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from batch.errors import ConfigError

MERGE = "tag:yaml.org,2002:merge"
SHOWN_CHARS = 100

# YAML 1.2's core types: `language: no` is Norwegian, `1e-3` a number, `2026-08-01` and `1:30` text.
TYPES = {
    "bool": ("tTfF", r"true|True|TRUE|false|False|FALSE"),
    "int": ("-+0123456789", r"[-+]?(?:0|[1-9][0-9_]*)"),
    "float": (
        "-+.0123456789",
        r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+|[-+]?\.inf|\.nan",
    ),
    "timestamp": ("", ""),
}
Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]


def _resolvers() -> Resolvers:
    """PyYAML's table from first character to (tag, pattern), with `TYPES` in place of YAML 1.1's."""
    replaced = {f"tag:yaml.org,2002:{name}" for name in TYPES}
    table: Resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if tag not in replaced]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for name, (firsts, pattern) in TYPES.items():
        for first in firsts:
            table.setdefault(first, []).append((f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$")))
    return table


class _Loader(yaml.SafeLoader):
    """Refuses a key that is written twice, and a key that is not text."""

    yaml_implicit_resolvers = _resolvers()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == MERGE:
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is not text; put it in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is written twice; keep one", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes what `_Loader` would not read as text."""

    yaml_implicit_resolvers = _resolvers()

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # PyYAML writes Unicode line breaks unescaped between other quotes, and reads them back as spaces.
    style = '"' if any(mark in text for mark in "\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def parse(text: str, where: str) -> Any:
    """The value of one YAML document. Raises ConfigError with `where`, line and column."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        snippet = mark.get_snippet(indent=4) if mark else None
        problem = exc.problem or exc.context or "not valid YAML"
        raise ConfigError(f"{place}: {problem}" + (f"\n{snippet}" if snippet else "")) from exc
    except yaml.YAMLError as exc:
        raise ConfigError(f"{where}: not valid YAML: {exc}") from exc
    except ValueError as exc:  # PyYAML's constructors, of '!!int x' or a number of 5,000 digits
        raise ConfigError(f"{where}: holds a value that cannot be read: {exc}") from exc
    except RecursionError as exc:
        raise ConfigError(f"{where}: nested too deeply") from exc


def read(path: Path) -> dict[str, Any]:
    """The top-level mapping of a config file. Raises ConfigError where there is none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as exc:
        raise ConfigError(f"{path}: there is no such config file (looked in {Path.cwd()})") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {exc.start}); save it as UTF-8") from exc
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    data = parse(text, str(path))
    if data is None:
        raise ConfigError(f"{path}: is empty; start from one of the files in configs/")
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {shown(data)}, not a mapping of keys such as 'task: caption'")
    return data


def dump(data: Mapping[str, Any]) -> str:
    """YAML that `parse` reads back as the same value."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def set_key(data: dict[str, Any], item: str, plain: Mapping[str, Callable[[str], dict[str, Any]]]) -> None:
    """Apply one `--set a.b=value` to the mapping. `plain` expands a key that was written as plain text."""
    key, equals, text = item.partition("=")
    path = [part.strip() for part in key.split(".")]
    if not equals or not all(path):
        raise ConfigError(f"--set {item}: write a key, '=' and a value, such as --set sampling.temperature=0.7")
    # A Jinja expression looks like a YAML mapping, and never is one here.
    value = text if text.lstrip().startswith(("{{", "{%")) else parse(text, f"--set {item}")
    put(data, path, value, f"--set {item}", plain)


def put(
    data: dict[str, Any],
    path: Sequence[str],
    value: Any,
    where: str,
    plain: Mapping[str, Callable[[str], dict[str, Any]]],
) -> None:
    """Write one value at a key path; sections on the way are copied, so YAML aliases stay apart."""
    for depth, part in enumerate(path[:-1]):
        section = data.get(part)
        if depth == 0 and isinstance(section, str) and part in plain:
            section = plain[part](section)
        if section is not None and not isinstance(section, dict):
            raise ConfigError(f"{where}: {dotted(path[: depth + 1])} is {shown(section)}, which has no keys")
        data[part] = dict(section or {})
        data = data[part]
    data[path[-1]] = value


def dotted(path: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}..."
