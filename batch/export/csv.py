"""Comma-separated values with a header, every column; lists and structs are JSON inside their cell, null is empty.

Texts are what they are: a spreadsheet takes one that begins with `=` for a formula. docs/exporting.md says so.
"""

import csv
from typing import Any

from batch.export.finished import Finished
from batch.export.place import file_place, shown_place, text_file
from batch.export.plain_values import json_line, plain
from batch.export.wanted import Wanted, Written


def write(finished: Finished, wanted: Wanted) -> Written:
    path = file_place(finished, wanted, "rows.csv")
    rows = 0
    with text_file(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(finished.schema.names)
        for row in finished.rows(every=wanted.every):
            writer.writerow(map(_cell, row.values()))
            rows += 1
    return Written(shown_place(path), rows, 1)


def _cell(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    return json_line(value) if isinstance(value, list | dict) else value
