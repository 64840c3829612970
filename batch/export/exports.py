"""The forms a job's output can take elsewhere. The literal dict `EXPORTS` is the registry."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from batch.export import csv, jsonl, subtitles, txt, whisper_json, whisper_tsv
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
}


def export(folder: Path, form: str, wanted: Wanted) -> Written:
    """Write the job's rows in that form. Raises BatchError."""
    finished = open_finished(folder)
    written = EXPORTS[form].write(finished, wanted)
    return replace(written, notes=(*_notes(finished, wanted), *written.notes))


def _notes(finished: Finished, wanted: Wanted) -> list[str]:
    """What was not exported, and why."""
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
