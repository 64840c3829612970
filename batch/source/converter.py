"""The process that parses a JSON or CSV file: one table in, its Arrow file out. See conversion.py.

`python -m batch.child converter`. It watches its parent from its first line (child.py).
"""

from batch.child import Parent
from batch.errors import SourceError
from batch.frames.converter import TableConverted, TableToConvert
from batch.records import WorkerFailed
from batch.source.conversion import convert


def serve(parent: Parent, arguments: list[str]) -> None:
    """Converts the table that the parent names."""
    table = parent.receive(None)
    if not isinstance(table, TableToConvert):
        raise TypeError(f"the first frame to a converter is its TableToConvert, not {type(table).__name__}")
    try:
        convert(table)
    except SourceError as error:
        parent.send(WorkerFailed("SourceError", str(error)))
    else:
        parent.send(TableConverted())
