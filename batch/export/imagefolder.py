"""Pictures, and a metadata.parquet beside them: a folder that `datasets` opens as an imagefolder.

Pictures are copied as they are, whatever the model saw of them. A row whose picture is gone or elsewhere is left out.
"""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from batch.errors import OutputError
from batch.export.finished import Finished
from batch.export.names import picture_names, row_names
from batch.export.pictures import Pictures, suffix_of_bytes
from batch.export.place import folder_place, staged_file
from batch.export.wanted import Wanted, Written
from batch.source.medium import Media

METADATA = "metadata.parquet"
TAKEN = ("image", "file_name")  # names that an imagefolder gives itself
GROUP_ROWS = 1024


def write(finished: Finished, wanted: Wanted) -> Written:
    """Raises OutputError for a job without pictures."""
    if "image" not in finished.task.takes:
        raise OutputError(
            f"--to imagefolder needs pictures, and this is a job of task {finished.task.name!r}. Use jsonl"
        )
    folder = folder_place(finished, wanted, "imagefolder")
    names = picture_names(row_names(finished))
    columns = [name for name in finished.schema.names if name not in TAKEN]
    schema = pa.schema([("file_name", pa.string()), *(finished.schema.field(name) for name in columns)])
    pictures, rows, without = Pictures(finished), 0, 0
    try:
        with staged_file(folder / METADATA) as staged, pq.ParquetWriter(staged, schema) as writer:
            for batch in finished.batches(every=wanted.every):
                placed = [
                    _place(pictures.of(row_id), folder, names[row_id]) for row_id in batch.column("row_id").to_pylist()
                ]
                there = pa.array([name is not None for name in placed])
                values: list[Any] = [pa.array(placed, pa.string()), *(batch.column(name) for name in columns)]
                writer.write_batch(pa.RecordBatch.from_arrays(values, schema=schema).filter(there), GROUP_ROWS)
                rows += sum(name is not None for name in placed)
                without += placed.count(None)
    finally:
        pictures.close()
    notes = (f"rows without a picture to copy: {without}",) if without else ()
    return Written(str(folder), rows, rows + 1, notes)


def _place(picture: Media | None, folder: Path, name: str) -> str | None:
    """Copies the picture; its name in the folder."""
    if picture is None:
        return None
    if picture.data is not None and Path(name).suffix == "":
        name += suffix_of_bytes(picture.data)
    with staged_file(folder / name) as staged:
        if picture.data is not None:
            staged.write_bytes(picture.data)
        else:
            shutil.copyfile(picture.path or "", staged)
    return name
