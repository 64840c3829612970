"""Prompt templates: Jinja2 over a row's columns, in a sandbox, within limits.

A column is named as it is (`{{ question }}`) or, where its name is no identifier, `{{ row["my question"] }}`.
A missing column is an error, a null one renders as nothing. Row values are data: they are never
compiled. Knows nothing of tasks, and nothing of the checkpoint's chat template.
"""

import time
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from batch.errors import ConfigError, RowError

MAX_CHARACTERS = 1_000_000  # four times what the longest context of any Gemma 4 holds
MAX_SECONDS = 5.0  # looked at whenever text comes out; a loop that writes nothing is ended by prepare.timeout_s
MAX_RANGE = 10_000
ROW = "row"  # the mapping that holds every column under its true name
# What a photo's file says of itself, read only where a template names it (media/exif.py).
METADATA = {"exif": ("date", "time", "camera", "gps"), "meta": ("title", "keywords", "people", "album")}


class _Sandbox(ImmutableSandboxedEnvironment):
    """Also refuses the short ways to a huge value: `range`, `"x" * n`, `10 ** n`, `"%999999999d" % n`."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        size = max((len(side) for side in (left, right) if isinstance(side, (str, bytes, list, tuple))), default=0)
        times = max((abs(side) for side in (left, right) if isinstance(side, int)), default=0)
        if operator == "*" and size * times > MAX_CHARACTERS:
            raise SecurityError(f"a repetition of more than {MAX_CHARACTERS} items")
        if operator == "**" and times > MAX_RANGE:
            raise SecurityError(f"a power with a number above {MAX_RANGE}")
        if operator == "%" and isinstance(left, (str, bytes)):
            raise SecurityError('"%" on text is not available; join with "~"')
        return super().call_binop(context, operator, left, right)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise SecurityError(f"a range of {len(numbers)} numbers; {MAX_RANGE} are allowed")
    return numbers


@cache
def _environment() -> _Sandbox:
    environment = _Sandbox(
        undefined=StrictUndefined,
        finalize=lambda value: "" if value is None else value,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals = {"range": _range, "namespace": environment.globals["namespace"]}
    return environment


@cache
def _compiled(text: str) -> Any:
    return _environment().from_string(text)


def template_columns(text: str, *, where: str = "prompt") -> set[str]:
    """The columns `text` reads. Raises ConfigError, with the line, where it is no template."""
    try:
        tree = _environment().parse(text)
        _environment().compile(text)
    except TemplateSyntaxError as error:
        raise ConfigError(
            f"{where}: line {error.lineno} is no valid Jinja2 template ({error.message}): "
            f"{_line(text, error.lineno)!r}. Columns are written {{{{ name }}}}."
        ) from error
    except TemplateError as error:  # an unknown filter or test
        raise ConfigError(f"{where}: {error.message}. Jinja2's own filters are available.") from error
    columns = meta.find_undeclared_variables(tree)
    if ROW not in columns:
        return columns
    named = _named_fields(tree, ROW)
    if named is None:
        raise ConfigError(f'{where}: `row` must be followed by a column\'s name, as in {{{{ row["my column"] }}}}.')
    return (columns - {ROW}) | named


def metadata_fields(
    text: str, names: Collection[str] = tuple(METADATA), *, where: str = "prompt"
) -> dict[str, set[str]]:
    """What `text` reads of METADATA, as name -> fields; only `names`, the others being columns. Raises ConfigError
    for a field there is none of. Call template_columns first: it checks the syntax."""
    tree = _environment().parse(text)
    found: dict[str, set[str]] = {}
    for name in sorted(meta.find_undeclared_variables(tree) & set(names)):
        fields = _named_fields(tree, name)
        if fields is None or not fields <= set(METADATA[name]):
            unknown = f"; {name} has no {', '.join(sorted(fields - set(METADATA[name])))}" if fields else ""
            raise ConfigError(
                f"{where}: write {' or '.join(f'{{{{ {name}.{field} }}}}' for field in METADATA[name])}{unknown}."
            )
        found[name] = fields
    return found


def _named_fields(tree: nodes.Template, name: str) -> set[str] | None:
    """The fields read of variable `name`, by attribute or constant item; None where it is used in any other way."""

    def is_it(node: nodes.Node) -> bool:
        return isinstance(node, nodes.Name) and node.name == name

    items = [node.arg for node in tree.find_all(nodes.Getitem) if is_it(node.node)]
    constants = [node.value for node in items if isinstance(node, nodes.Const) and isinstance(node.value, str)]
    attributes = [node.attr for node in tree.find_all(nodes.Getattr) if is_it(node.node)]
    uses = sum(map(is_it, tree.find_all(nodes.Name)))
    return {*constants, *attributes} if len(constants) + len(attributes) == uses else None


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def render(text: str, values: Mapping[str, Any], *, where: str = "prompt") -> str:
    """`text` with the row's values. Raises RowError template_error: an undefined name, a fault of an
    expression with these values, or a result beyond the limits at the top of this file."""
    if "{" not in text:
        return text
    deadline = time.monotonic() + MAX_SECONDS
    pieces: list[str] = []
    length = 0
    try:
        for piece in _compiled(text).generate({**values, ROW: dict(values)}):
            pieces.append(piece)
            length += len(piece)
            if length > MAX_CHARACTERS:
                raise RowError("template_error", f"{where}: renders to more than {MAX_CHARACTERS} characters")
            if time.monotonic() > deadline:
                raise RowError("template_error", f"{where}: takes longer than {MAX_SECONDS:g} s to render")
    except RowError:
        raise
    except Exception as error:  # expressions run on the row's values: any type may object in its own way
        reason = f"{type(error).__name__}: {error}"
        raise RowError("template_error", f"{where} cannot be rendered for this row ({reason})") from error
    return "".join(pieces)
