"""The process that parses the headers of tables: one file after the other, a header or a refusal each. See headers.py.

`python -m batch.child header_reader`. It watches its parent from its first line (child.py).
"""

import io
import os
from pathlib import Path

from batch.child import Parent
from batch.errors import SourceError
from batch.faults import misbehave, parse_faults
from batch.frames.header_reader import HeaderFound, HeaderReaderReady, HeaderRefused, HeaderWanted
from batch.source.table import read_header

FAULT = "GEMMA4_BATCH_HEADER_FAULT"
"""Makes the process misbehave at files whose name contains a text, for trying what happens then; as faults.py says."""


def serve(parent: Parent, arguments: list[str]) -> None:
    """Reads one header after the other, until the parent goes."""
    faults = parse_faults(os.environ.get(FAULT, ""))
    parent.send(HeaderReaderReady())
    while True:
        wanted = parent.receive(None)
        if not isinstance(wanted, HeaderWanted):
            raise TypeError(f"a header reader is asked for a HeaderWanted, not {type(wanted).__name__}")
        misbehave(wanted.name, faults)
        parent.send(_answer(wanted))


def _answer(wanted: HeaderWanted) -> HeaderFound | HeaderRefused:
    try:
        header = read_header(Path(wanted.path) if wanted.path else io.BytesIO(wanted.footer), wanted.name)
    except SourceError as error:
        return HeaderRefused(str(error))
    except OSError as error:
        return HeaderRefused(error.strerror or str(error), error.errno or 0)
    return HeaderFound(header.rows, header.groups, bytes(header.schema.serialize()))
