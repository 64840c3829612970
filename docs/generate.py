"""Write what is made from the code: configs/schema.json, the tables of docs/configuration.md, docs/commands.md.

Run from anywhere: `python docs/generate.py`. With `--check` nothing is written; exit code 1 where a file is stale.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typer.main import get_command

from batch.cli import app
from batch.config.job import ANSWER_KEYS, JobConfig, json_schema
from batch.config.mistakes import fields

ROOT = Path(__file__).parent.parent
NAME, WIDTH = "gemma4-batch", 100
COMMANDS_HEAD = """# Which commands are there, and what are their options?

Made from the commands' own help by docs/generate.py. Exit codes are the same for all: 0 complete, 1 an expected error,
2 the config or a changed source, 3 a bug (with a log to paste), 4 complete with more failed rows than
`run.max_error_rate`, 130 interrupted. Output is plain text; `search` marks words in bold on a terminal, unless
`NO_COLOR` is set. `gemma4-batch --install-completion` lets the tab key complete commands and options, in bash, zsh
and fish.
"""
BEGIN, END = "<!-- keys: made by docs/generate.py -->", "<!-- end of keys -->"


def schema_text() -> str:
    return json.dumps(json_schema(), indent=2) + "\n"


def reference_text() -> str:
    """The page with its tables made anew; the prose around them is kept."""
    before, _, rest = (ROOT / "docs/configuration.md").read_text().partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{rest.partition(END)[2]}"


def tables() -> str:
    """One table for plain keys, one per section."""
    definitions = json_schema()["$defs"]
    properties = json_schema()["properties"]
    plain, sections = [], []
    for name, field in fields(JobConfig).items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            written = definitions[field.annotation.__name__]["properties"]
            rows = [_row(f"{name}.{key}", written[key], inner) for key, inner in fields(field.annotation).items()]
            sections.append(f"### {name}\n\n{field.description}{_place(name)}\n\n{_table(rows)}")
        else:
            plain.append(_row(name, properties[name], field))
    return "\n".join([_table(plain), *sections])


def _place(name: str) -> str:
    return "" if name in ANSWER_KEYS else " Never changes an answer: free to change when a job is resumed."


def _table(rows: list[str]) -> str:
    return "\n".join(["| key | value | default | |", "|---|---|---|---|", *rows]) + "\n"


def _row(key: str, schema: dict[str, Any], field: Any) -> str:
    default = "**needed**" if field.is_required() else _default(field.get_default(call_default_factory=True))
    return f"| `{key}` | {_value(schema)} | {default} | {field.description} |"


def _default(value: Any) -> str:
    if value is None or value in ((), {}):
        return ""
    if isinstance(value, int) and value >= 1024**2 and value % 1024**2 == 0:
        return f"`{value // 1024**3}GiB`" if value % 1024**3 == 0 else f"`{value // 1024**2}MiB`"
    return f"`{json.dumps(value).strip(chr(34))}`"


def _value(schema: dict[str, Any]) -> str:
    """What may be written, in a few words."""
    if "enum" in schema:
        return " ".join(f"`{choice}`" for choice in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        kinds = [_value(part) for part in schema["anyOf"] if part.get("type") != "null"]
        if "size" in kinds:
            kinds.remove(next(kind for kind in kinds if kind.startswith("whole")))
        return " or ".join(dict.fromkeys(kinds))
    if "pattern" in schema:
        return "size"
    kind = {
        "string": "text", "boolean": "`true` `false`", "array": "list of text", "object": "mapping",
        "integer": "whole number", "number": "number",
    }[schema["type"]]  # fmt: skip
    bounds = [
        f"{sign} {schema[bound]:g}"
        for bound, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if bound in schema
    ]
    return " ".join([kind, ", ".join(bounds)]).strip()


def commands_text() -> str:
    """Every command's help, as `--help` prints it at a fixed width."""
    root = get_command(app)
    with root.make_context(NAME, [], resilient_parsing=True) as context:
        context.terminal_width = WIDTH
        sections = list(_helps(root, context))
    listed = "\n".join(f"- [`{title}`](#{title.replace(' ', '-')})" for title, _ in sections[1:])
    pages = "\n\n".join(f"## {title}\n\n```\n{text}\n```" for title, text in sections)
    return f"{COMMANDS_HEAD}\n{listed}\n\n{pages}\n"


def _helps(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    """(`gemma4-batch run`, its help) of a command and those below it, in their order."""
    lines = (line.rstrip() for line in command.get_help(context).splitlines())
    yield context.command_path, "\n".join(lines).strip()
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        below = command.get_command(context, name)
        with below.make_context(name, [], parent=context, resilient_parsing=True) as inner:
            inner.terminal_width = WIDTH
            yield from _helps(below, inner)


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = []
    for path, text in (
        ("configs/schema.json", schema_text()),
        ("docs/configuration.md", reference_text()),
        ("docs/commands.md", commands_text()),
    ):
        target = ROOT / path
        if target.exists() and target.read_text() == text:
            continue
        stale.append(path)
        if not check:
            target.write_text(text)
    if stale:
        print(f"{'stale, run python docs/generate.py' if check else 'written'}: {', '.join(stale)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
