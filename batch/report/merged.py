"""A result without a ledger, as `merge` makes it, told like a job's: from its manifest and the parts themselves."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from batch.ask import prompt_template
from batch.config.job import JobConfig
from batch.counts import Counts
from batch.ledger.status import LedgerStatus
from batch.ledger.view import JobView
from batch.output import manifest
from batch.output.columns import ROW_ID
from batch.records import Shard, Slice
from batch.tasks import TASKS


def read_manifest(folder: Path) -> Mapping[str, Any] | None:
    """The manifest of a complete result; None where there is none."""
    path = folder / manifest.NAME
    if not path.exists():
        return None
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def merged_status(folder: Path, content: Mapping[str, Any]) -> LedgerStatus:
    """A complete job without runs: when the portions were at work is in their own folders."""
    return LedgerStatus(
        folder=folder,
        fingerprint=content["fingerprint"],
        total_rows=content["rows"],
        counts=Counts.from_json(json.dumps(content["counts"])),
        parts=len(content["files"]),
        parts_done=len(content["files"]),
        in_flight=0,
        running=False,
        pid=None,
        host=None,
        runs=0,
        begun_at=content["begun_at"],
        started_at=None,
        ended_at=None,
        recomputed=0,
    )


def merged_view(folder: Path, content: Mapping[str, Any], config: JobConfig) -> JobView:
    """Shards as the parts' own row ids tell them; the kept columns are those before `row_id`."""
    shards, kept = [], []
    for index, entry in enumerate(content["files"]):
        part = pq.read_table(folder / entry["path"], columns=[ROW_ID])
        places = [row_id.rpartition("#") for row_id in part.column(ROW_ID).to_pylist()]
        shards.append(Shard(index, tuple(Slice(path, int(at), int(at) + 1) for path, _, at in places)))
        if not index:
            schema = pq.read_schema(folder / entry["path"])
            kept = [f"{name}: {schema.field(name).type}" for name in schema.names[: schema.names.index(ROW_ID)]]
    source, files = config.source, kept == ["path: string"]
    takes = TASKS[config.task].takes[:1] if files else TASKS[config.task].takes
    # Without a plan it is not known which columns it chose: those named, else those of the usual name.
    identity = {
        "source.kept": kept,
        "source.kind": "folder" if files else "table",
        "source.image_column": source.image_column or (("image",) if "image" in takes else None),
        "source.audio_column": source.audio_column or (("audio",) if "audio" in takes else None),
        "source.commit": source.revision,
        "prompt.text": prompt_template(config),
    }
    return JobView(identity, (), tuple(shards), frozenset(range(len(shards))), {}, (), content["engine"])
