"""The forms a job's output can take elsewhere. The literal dict `EXPORTS` is the registry."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from batch.errors import OutputError
from batch.export import (
    csv,
    hub,
    imagefolder,
    jsonl,
    openai_batch,
    sqlite,
    subtitles,
    txt,
    whisper_json,
    whisper_tsv,
    xmp,
)
from batch.export.finished import Finished, open_finished
from batch.export.wanted import Wanted, Written


@dataclass(frozen=True, slots=True)
class Export:
    """`what`: for the list that docs and `--help` show."""

    write: Callable[[Finished, Wanted], Written]
    what: str


EXPORTS: dict[str, Export] = {
    "jsonl": Export(jsonl.write, "one JSON object a row"),
    "csv": Export(csv.write, "a table for spreadsheets"),
    "txt": Export(txt.write, "a text file a row, in folders as the media are"),
    "srt": Export(subtitles.write_srt, "SubRip subtitles, a file a recording"),
    "vtt": Export(subtitles.write_vtt, "WebVTT subtitles, a file a recording"),
    "tsv": Export(whisper_tsv.write, "whisper's tables of times and texts, a file a recording"),
    "json": Export(whisper_json.write, "whisper's JSON, a file a recording"),
    "xmp": Export(xmp.write, "sidecars beside the photos"),
    "imagefolder": Export(imagefolder.write, "pictures with a metadata.parquet, for `datasets`"),
    "hub": Export(hub.write, "a dataset on the Hugging Face Hub"),
    "openai-batch": Export(openai_batch.write, "the output file of OpenAI's batch API"),
    "sqlite": Export(sqlite.write, "a database with full-text search"),
}


def export(folder: Path, form: str, wanted: Wanted) -> Written:
    """Write the job's rows in that form. Raises BatchError."""
    finished = open_finished(folder)
    if form != "xmp" and (wanted.undo or wanted.replace or wanted.dry_run):
        raise OutputError("--undo, --replace and --dry-run are for --to xmp, which writes beside the photos")
    if form != "hub" and wanted.private:
        raise OutputError("--private is for --to hub")
    written = EXPORTS[form].write(finished, wanted)
    return replace(written, notes=(*_notes(finished, wanted), *written.notes))


def _notes(finished: Finished, wanted: Wanted) -> list[str]:
    """What was not exported, and why."""
    if wanted.undo:
        return []
    notes = []
    if not finished.complete:
        notes.append("the job is not complete: these are the rows of the parts that are there")
    if not wanted.every:
        statuses: Counter[str] = Counter()
        for path in finished.paths:
            statuses.update(pq.read_table(path, columns=["status"]).column(0).to_pylist())
        left_out = {status: number for status, number in statuses.items() if status != "ok"}
        if left_out:
            counted = ", ".join(f"{number} {status}" for status, number in sorted(left_out.items()))
            notes.append(f"left out: {counted} (--all takes them too)")
    return notes
