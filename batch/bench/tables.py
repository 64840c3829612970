"""Small inputs for whole jobs, made in a moment."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def text_table(path: Path, rows: int) -> Path:
    """A Parquet of `rows` different short prompts (column `prompt`), 100 rows a group."""
    prompts = [f"Say: item {row} of the list" for row in range(rows)]
    pq.write_table(pa.table({"id": pa.array(range(rows), pa.int32()), "prompt": prompts}), path, row_group_size=100)
    return path


def picture_table(path: Path, pictures: Sequence[bytes], prompts: Sequence[str]) -> Path:
    """Columns `image` and `prompt`."""
    images = [{"bytes": picture, "path": None} for picture in pictures]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(images, kind), "prompt": list(prompts)}), path, row_group_size=20)
    return path


def picture(number: int, height: int, width: int) -> bytes:
    """A JPEG that is like no other."""
    random = np.random.default_rng(number)
    cells = random.integers(0, 256, (max(1, height // 16), max(1, width // 16), 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(cells).resize((width, height)).save(stream, "JPEG", quality=85)
    return stream.getvalue()
