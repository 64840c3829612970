"""What the forms for recordings share: only transcripts have times."""

from collections.abc import Iterator
from typing import Any

from batch.errors import OutputError
from batch.export.finished import Finished
from batch.export.wanted import Wanted

COLUMNS = ("row_id", "transcript", "segments", "language", "audio_seconds")


def transcripts(finished: Finished, wanted: Wanted, form: str) -> Iterator[dict[str, Any]]:
    """Rows with times. Raises OutputError where the job is another task's."""
    if finished.task.name != "transcribe":
        raise OutputError(
            f"--to {form} needs the times of a transcript, and the task of {str(finished.folder)!r} is "
            f"{finished.task.name!r}. Use jsonl, csv or txt"
        )
    return finished.rows(COLUMNS, every=wanted.every)
