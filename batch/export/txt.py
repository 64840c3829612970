"""One text file a row, beside each other as the media are."""

from batch.export.finished import Finished
from batch.export.names import file_names, row_names
from batch.export.place import folder_place, staged_file
from batch.export.wanted import Wanted, Written


def write(finished: Finished, wanted: Wanted) -> Written:
    folder = folder_place(finished, wanted, "txt")
    names = file_names(row_names(finished), ".txt")
    rows = 0
    for row in finished.rows(["row_id", finished.task.column], every=wanted.every):
        with staged_file(folder / names[row["row_id"]]) as staged:
            staged.write_text(f"{row[finished.task.column] or ''}\n", encoding="utf-8")
        rows += 1
    return Written(str(folder), rows, rows)
