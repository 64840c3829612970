"""Source -> pinned files -> ordered shards, and the job's fingerprint. Reads footers, never rows.

Files known to the ledger keep their order and come first; new ones follow, so nothing is renumbered. How
shards meet those of an earlier run is the ledger's business (ledger/stored_plan.py).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

import pyarrow as pa

from batch.ask import metadata_notes, needed_columns, prompt_template
from batch.config.job import JobConfig, answer_identity
from batch.errors import ConfigError, PlanMismatch
from batch.output.columns import our_columns
from batch.portion import PORTION_KEYS, Portion, cut
from batch.records import Shard, Slice, SourceFile
from batch.source.listing import same_content
from batch.source.media_columns import chosen_columns
from batch.source.source import Source
from batch.source.table import holds_bytes

SHOWN_FILES = 10


@dataclass(frozen=True)
class Plan:
    """What a job will do. `config` is pinned: media columns chosen, a Hub revision as its commit.

    `kept` are (input name, output name); `schema` holds the source's columns under their input names;
    `identity` is all that answers depend on, value by value (JSON), `fingerprint` its hash. With a `portion`,
    `shards` are those of the portion, and `identity` also holds how the whole was cut (the fingerprint does not:
    all portions of a job have the same).
    """

    config: JobConfig
    files: tuple[SourceFile, ...]
    shards: tuple[Shard, ...]
    schema: pa.Schema
    needed: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    identity: Mapping[str, str]
    fingerprint: str
    notes: tuple[str, ...] = ()
    portion: Portion | None = None

    @property
    def rows(self) -> int:
        return sum(shard.rows for shard in self.shards)

    @property
    def needed_schema(self) -> pa.Schema:
        """The columns requests are made of."""
        return pa.schema([self.schema.field(name) for name in self.needed])

    @property
    def kept_schema(self) -> pa.Schema:
        """The columns the output keeps, as they are read: under their input names."""
        return pa.schema([self.schema.field(name) for name, _ in self.kept])


def make_plan(
    config: JobConfig,
    source: Source,
    *,
    known_files: Sequence[SourceFile] = (),
    accept_changed: bool = False,
    more_identity: Mapping[str, Any] | None = None,
    portion: Portion | None = None,
) -> Plan:
    """The plan of a job, or of one `portion` of it; `more_identity` is what else its answers depend on, such as
    `model.checkpoint`.

    Raises ConfigError for a column that is not there, PlanMismatch for known files that
    changed or went (unless `accept_changed`), SourceError for what cannot be read."""
    files, notes = _pinned(source, known_files, config.source.limit, accept_changed)
    schema = source.schema
    pinned, chosen = _with_columns(config, source, schema)
    needed = needed_columns(pinned, schema.names)
    kept, renamed = _kept(pinned, schema, source.kind == "folder")
    identity = _identity(config, pinned, source, schema, needed, kept, more_identity or {})
    shards = tuple(_shards(source, files, config.output.shard_rows, config.source.limit))
    if portion is not None:
        identity |= dict(zip(PORTION_KEYS, (str(portion), cut(files, shards)), strict=True))
        shards = portion.shards(shards)
    return Plan(
        config=pinned,
        files=files,
        shards=shards,
        schema=schema,
        needed=needed,
        kept=kept,
        identity=identity,
        fingerprint=fingerprint_of(identity),
        portion=portion,
        notes=(*chosen, *renamed, *metadata_notes(pinned, schema.names), *source.notes(), *notes),
    )


# ---------------------------------------------------------------- files
def _pinned(
    source: Source, known: Sequence[SourceFile], limit: int | None, accept_changed: bool
) -> tuple[tuple[SourceFile, ...], list[str]]:
    """Known files first, in their order; a file that only its time tells from the known one is the known one."""
    now = {file.path: file for file in source.files(known, limit)}
    files: list[SourceFile] = []
    changes: list[str] = []
    for old in known:
        new = now.pop(old.path, None)
        if new is None:
            changes.append(f"{old.path!r} is missing")
        elif same_content(old, new):
            files.append(old)
        else:
            changes.append(f"{old.path!r} changed ({old.size} bytes then, {new.size} now)")
            files.append(new)
    if changes and not accept_changed:
        raise PlanMismatch(
            f"{len(changes)} of {len(known)} source files are not as they were when the job began: "
            f"{_shown(changes)}. Put them back, or go on with --accept-changed (their rows are done again)."
        )
    notes = [f"accepted: {_shown(changes)}; their rows are done again"] if changes else []
    return (*files, *now.values()), notes


def _shown(lines: Sequence[str]) -> str:
    more = f", and {len(lines) - SHOWN_FILES} more" if len(lines) > SHOWN_FILES else ""
    return ", ".join(lines[:SHOWN_FILES]) + more


# ---------------------------------------------------------------- shards
def _shards(source: Source, files: Sequence[SourceFile], shard_rows: int, limit: int | None) -> Iterator[Shard]:
    runs = (
        _single_rows(files, shard_rows, limit) if source.kind == "folder" else _runs(source, files, shard_rows, limit)
    )
    for index, slices in enumerate(runs):
        yield Shard(index, slices)


def _single_rows(files: Sequence[SourceFile], shard_rows: int, limit: int | None) -> Iterator[tuple[Slice, ...]]:
    """A media folder: `shard_rows` files of one row each."""
    counted = files if limit is None else files[:limit]
    for start in range(0, len(counted), shard_rows):
        yield tuple(Slice(file.path, 0, 1) for file in counted[start : start + shard_rows])


def _runs(
    source: Source, files: Sequence[SourceFile], shard_rows: int, limit: int | None
) -> Iterator[tuple[Slice, ...]]:
    """Tables: runs of rows of one file."""
    left = limit
    for file in files:
        rows = file.rows if left is None else min(left, file.rows)
        if rows <= 0:
            continue
        for start, stop in cuts(rows, source.groups(file), shard_rows):
            yield (Slice(file.path, start, stop),)
        left = None if left is None else left - rows


def cuts(rows: int, groups: Sequence[int], shard_rows: int) -> Iterator[tuple[int, int]]:
    """Row ranges of at most `shard_rows` that cover `rows`: whole row groups together where every group is
    small enough, else plain ranges (a reader streams through large groups anyway)."""
    if not groups or max(groups) > shard_rows:
        yield from ((start, min(start + shard_rows, rows)) for start in range(0, rows, shard_rows))
        return
    start = end = 0
    for group in groups:
        if start >= rows:
            return
        if end + group - start > shard_rows:
            yield start, min(end, rows)
            start = end
        end += group
    if start < min(end, rows):
        yield start, min(end, rows)


# ---------------------------------------------------------------- columns
def _with_columns(config: JobConfig, source: Source, schema: pa.Schema) -> tuple[JobConfig, list[str]]:
    """The config with media columns chosen and the commit pinned; and what was chosen, for people."""
    chosen, notes = chosen_columns(config.task, config.source, schema)
    if source.kind == "folder":
        notes = []  # nobody chose: there is only one
    update: dict[str, Any] = {f"{medium}_column": names for medium, names in chosen.items()}
    commit = getattr(source, "commit", None)
    if commit is not None:
        update["revision"] = commit
        notes.append(f"{config.source.dataset} is pinned at commit {commit}")
    return config.model_copy(update={"source": config.source.model_copy(update=update)}), notes


def _kept(config: JobConfig, schema: pa.Schema, is_folder: bool) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """(input, output) names of the kept columns in table order; and the renamed ones, for people.

    By default all but those with media in them; a path is not media, it tells which file a row was."""
    source = config.source
    always = {name for name in (source.id_column, source.reference_column) if name is not None}
    for key in ("id_column", "reference_column", "keep_columns", "drop_columns"):
        value = getattr(source, key)
        for name in (value,) if isinstance(value, str) else value or ():
            _require(name, schema.names, f"source.{key}")
    both = sorted(always & set(source.drop_columns))
    if both:
        raise ConfigError(f"source.drop_columns: {both[0]!r} is the job's id or reference column, which is always kept")
    if source.keep_columns is not None:
        names = set(source.keep_columns) | always
    else:
        own = {"image", "audio"} if is_folder else set()  # there `path` says it better
        names = {field.name for field in schema if field.name not in own and not holds_bytes(field.type)} | always
    names -= set(source.drop_columns)
    taken = {name for name, _ in our_columns(config.task)}
    kept: list[tuple[str, str]] = []
    for name in (name for name in schema.names if name in names):
        output = name
        while output in taken or (output != name and output in schema.names):
            output = f"source_{output}"
        taken.add(output)
        kept.append((name, output))
    return tuple(kept), [f"input column {name!r} is kept as {out!r}" for name, out in kept if name != out]


def _require(name: str, columns: Sequence[str], where: str) -> None:
    if name not in columns:
        near = get_close_matches(name, columns, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConfigError(f"{where}: no column {name!r} in the input; it has: {', '.join(columns) or 'none'}.{hint}")


# ---------------------------------------------------------------- identity
def _identity(
    config: JobConfig,
    pinned: JobConfig,
    source: Source,
    schema: pa.Schema,
    needed: Sequence[str],
    kept: Sequence[tuple[str, str]],
    more: Mapping[str, Any],
) -> dict[str, str]:
    """All that answers depend on, flat. Media columns as chosen, prompts as they take effect, the revision as
    the person wrote it (its commit beside it): a moved branch is no change of theirs."""
    values = dict(flattened("", answer_identity(pinned)))
    values["source.revision"] = config.source.revision
    values["source.kind"] = source.kind
    values["source.commit"] = getattr(source, "commit", None)
    values["source.needed"] = [f"{name}: {schema.field(name).type}" for name in needed]
    values["source.kept"] = [f"{output}: {schema.field(name).type}" for name, output in kept]
    values["prompt.text"] = prompt_template(pinned)
    values |= more
    return {key: identity_value(value) for key, value in sorted(values.items())}


def identity_value(value: Any) -> str:
    """One value of the identity, as it is kept and compared."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def fingerprint_of(identity: Mapping[str, str]) -> str:
    """The hash of an identity, which stands in every part's footer; equal for all portions of one job."""
    whole = {key: value for key, value in identity.items() if key not in PORTION_KEYS}
    return sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def flattened(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Leaves of nested mappings, as `sampling.temperature`. A JSON schema in the prompt is one leaf."""
    if isinstance(value, Mapping) and value and prefix != "prompt.schema":
        for key, inner in value.items():
            yield from flattened(f"{prefix}.{key}" if prefix else str(key), inner)
    else:
        yield prefix, value
