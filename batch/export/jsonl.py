"""One JSON object a line, every column."""

from batch.export.finished import Finished
from batch.export.place import file_place, shown_place, text_file
from batch.export.plain_values import json_line
from batch.export.wanted import Wanted, Written


def write(finished: Finished, wanted: Wanted) -> Written:
    path = file_place(finished, wanted, "rows.jsonl")
    rows = 0
    with text_file(path) as file:
        for row in finished.rows(every=wanted.every):
            file.write(json_line(row) + "\n")
            rows += 1
    return Written(shown_place(path), rows, 1)
