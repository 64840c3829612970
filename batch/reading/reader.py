"""The reader process: assignments in, rows out, a bounded number ahead. The only place of a run where the rows of a
table that somebody else wrote are parsed.

`python -m batch.child reader`. It watches its parent from its first line (child.py).
"""

import os

from batch.child import Parent
from batch.config.job import JobConfig
from batch.errors import BatchError, RowError
from batch.faults import misbehave, parse_faults
from batch.frames.reader import ReaderJob, ReaderReady, Row, RowsEnded, RowsTaken
from batch.records import Assignment, WorkerFailed
from batch.source.reader import RowReader
from batch.source.source import open_reader

AHEAD_ROWS = 64
AHEAD_BYTES = 32 * 1024**2
FAULT = "GEMMA4_BATCH_READ_FAULT"
"""Makes the reader misbehave at rows, for trying what happens then; as faults.py says."""


def row_bytes(row: Row) -> int:
    return len(row.needed) + len(row.kept)


def serve(parent: Parent, arguments: list[str]) -> None:
    """Reads one assignment after the other, until the parent goes."""
    job = parent.receive(None)
    if not isinstance(job, ReaderJob):
        raise TypeError(f"the first frame to a reader is its ReaderJob, not {type(job).__name__}")
    config = JobConfig.model_validate_json(job.config)
    try:
        reader = open_reader(config.source, job.needed_schema, job.kept_schema, job.most_rows)
        parent.send(ReaderReady())
        while True:
            record = parent.receive(None)
            if isinstance(record, Assignment):  # credit for rows of an earlier one means nothing any more
                _read(parent, reader, record)
    except BatchError as error:
        parent.send(WorkerFailed(type(error).__name__, str(error)))


def _read(parent: Parent, reader: RowReader, assignment: Assignment) -> None:
    faults = parse_faults(os.environ.get(FAULT, ""))
    ahead_rows = ahead_bytes = 0
    try:
        for row in reader.read(assignment):
            misbehave(row.row_id, faults)
            parent.send(row)
            ahead_rows, ahead_bytes = ahead_rows + 1, ahead_bytes + row_bytes(row)
            while ahead_rows >= AHEAD_ROWS or ahead_bytes >= AHEAD_BYTES:
                taken = parent.receive(None)
                if isinstance(taken, RowsTaken):
                    ahead_rows, ahead_bytes = ahead_rows - taken.rows, ahead_bytes - taken.nbytes
    except RowError as error:
        parent.send(RowsEnded(error.kind, error.message))
    else:
        parent.send(RowsEnded())
