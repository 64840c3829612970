"""The job that is reported on: its config, its ledger as of now, and its finished rows one after the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch import tasks
from batch.config.job import JobConfig, load_config
from batch.errors import RowError
from batch.ledger import volume
from batch.ledger.schema import LEDGER_NAME
from batch.ledger.status import LedgerStatus, read_status
from batch.ledger.view import JobView, read_view
from batch.output import manifest
from batch.output.columns import our_columns, table
from batch.output.parts import part_name
from batch.records import Shard
from batch.report.merged import merged_status, merged_view, read_manifest
from batch.result import RecordedRow
from batch.template import METADATA, render, template_columns


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A finished row. `ordinal` is its place among all rows of the plan; `path` and `position` say where it comes
    from; `values` are its output columns."""

    ordinal: int
    path: str
    position: int
    values: Mapping[str, Any]


class ReportJob:
    """A job folder, read as it is now, whether a runner is at work or not.

    Raises LedgerError where there is no job, ConfigError where its job.yaml is not there or damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config, self.status, self.view = _read(folder)
        self.config: JobConfig = _pinned(config, self.view.identity, folder)
        self.notes: list[str] = []
        """What could not be read, for people."""

    @property
    def text_column(self) -> str:
        return tasks.TASKS[self.config.task].column

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The kept input columns under their output names, in order."""
        listed = self.view.identity.get("source.kept") or []
        return tuple(entry.partition(": ")[0] for entry in listed)

    @property
    def reference(self) -> str | None:
        """The kept column with the right answers, where there is one."""
        return self._inputs.get(self.config.source.reference_column or "")

    def rows(self) -> Iterator[ReportRow]:
        """Every finished row, in the order of the plan; those of one part are in memory at a time."""
        begin = 0
        for shard in self.view.shards:
            places = [(part.path, position) for part in shard.slices for position in range(part.start, part.stop)]
            for row, values in sorted(self._shard_values(shard).items()):
                if row < len(places):
                    yield ReportRow(begin + row, *places[row], values)
            begin += shard.rows

    def _shard_values(self, shard: Shard) -> dict[int, dict[str, Any]]:
        """The rows of its part, then those that the ledger holds in their place."""
        found: dict[int, dict[str, Any]] = {}
        kept: pa.Schema | None = None
        if shard.index in self.view.committed:
            name = part_name(shard.index)
            try:
                part = pq.read_table(self.folder / name)
            except (OSError, pa.ArrowException) as error:
                note = f"{name} cannot be read, so its rows are missing here: {str(error).splitlines()[0]}"
                if note not in self.notes:
                    self.notes.append(note)
            else:
                found = dict(enumerate(part.to_pylist()))
                kept = pa.schema([part.schema.field(name) for name in self.kept if name in part.column_names])
        recorded = self.view.finished.get(shard.index, ())
        if recorded:
            found |= self._recorded_values(recorded, kept if kept is not None else self._kept_schema())
        return found

    def _recorded_values(self, rows: tuple[RecordedRow, ...], kept: pa.Schema | None) -> dict[int, dict[str, Any]]:
        media, task = self.config.media, self.config.task
        results = [tasks.result(task, row, language=media.language, translate_to=media.translate_to) for row in rows]
        bare = rows if kept is not None else tuple(_without_kept(row) for row in rows)
        values = table(task, kept if kept is not None else pa.schema([]), bare, results).to_pylist()
        return {row.row: value for row, value in zip(rows, values, strict=True)}

    def _kept_schema(self) -> pa.Schema | None:
        """Of a job without any part yet; None where a type is not a plain one, and kept columns wait for a part."""
        fields = []
        for entry in self.view.identity.get("source.kept") or []:
            name, _, kind = entry.partition(": ")
            try:
                fields.append(pa.field(name, pa.type_for_alias(kind)))
            except ValueError:
                return None
        return pa.schema(fields)

    @cached_property
    def _inputs(self) -> dict[str, str]:
        """Input name -> output name of the kept columns: one of ours was kept as `source_...`."""
        ours = {f"source_{name}": name for name, _ in our_columns(self.config.task)}
        return {ours.get(name, name): name for name in self.kept}

    @cached_property
    def _question(self) -> str | None:
        """The prompt's template, where rows ask different things and the columns it reads are kept."""
        read = template_columns(self.prompt)
        return self.prompt if read and read <= self._inputs.keys() and not read & set(METADATA) else None

    def question(self, values: Mapping[str, Any]) -> str | None:
        """What the row asked; None where all rows ask the same, or it cannot be told any more."""
        if self._question is None:
            return None
        try:
            return render(self._question, {name: values.get(output) for name, output in self._inputs.items()})
        except RowError:
            return None

    @property
    def prompt(self) -> str:
        """The prompt as a template."""
        return str(self.view.identity.get("prompt.text") or "")


def _read(folder: Path) -> tuple[JobConfig, LedgerStatus, JobView]:
    """From the ledger, or where there is none from the manifest that `merge` wrote."""
    content = None if (volume.home(folder) / LEDGER_NAME).exists() else read_manifest(folder)
    if content is None:
        status = read_status(folder)
        return load_config(folder / manifest.JOB), status, read_view(folder)
    config = load_config(folder / manifest.JOB)
    return config, merged_status(folder, content), merged_view(folder, content, config)


def _without_kept(row: RecordedRow) -> RecordedRow:
    return RecordedRow(row.row, row.row_id, None, row.planned, row.failed, row.completions, row.attempts)


def _pinned(config: JobConfig, identity: Mapping[str, Any], folder: Path) -> JobConfig:
    """The config with media columns and commit as the plan chose them, and paths that hold from any folder."""
    update: dict[str, Any] = {
        f"{medium}_column": tuple(identity.get(f"source.{medium}_column") or ()) or None
        for medium in ("image", "audio")
    }
    base = _base(config, folder)
    if config.source.dataset is not None:
        update["revision"] = identity.get("source.commit") or config.source.revision
    for key in ("path", "media_root"):
        value = getattr(config.source, key)
        if value is not None:
            update[key] = str(base / value)
    return config.model_copy(update={"source": config.source.model_copy(update=update)})


def _base(config: JobConfig, folder: Path) -> Path:
    """The folder the run was started in: relative paths of a config are from there, and so is `output.path`."""
    output = Path(config.output.path)
    whole = folder.resolve()
    if not output.is_absolute() and ".." not in output.parts and whole.parts[-len(output.parts) :] == output.parts:
        return whole.parents[len(output.parts) - 1]
    return Path.cwd()
