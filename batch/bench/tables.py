"""Small inputs for whole jobs, made in a moment."""

import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

SAMPLE_RATE = 16_000
WORDS = "the a of small large red green blue house tree river street woman man dog cat".split()  # noqa: SIM905


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


def prompt_table(path: Path, rows: int, words: int) -> Path:
    """Column `prompt`: different short prompts, each followed by so many words."""
    random = np.random.default_rng(words)
    prompts = [
        f"Say which of these is item {row}: {' '.join(WORDS[place] for place in random.integers(0, len(WORDS), words))}"
        for row in range(rows)
    ]
    pq.write_table(pa.table({"prompt": prompts}), path, row_group_size=100)
    return path


def recording_table(path: Path, rows: int, seconds: int) -> Path:
    """Columns `audio` (WAV, 16 kHz, noise) and `prompt`."""
    sounds = [{"bytes": noise(row, seconds), "path": None} for row in range(rows)]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    prompts = [f"What is said in recording {row}?" for row in range(rows)]
    pq.write_table(pa.table({"audio": pa.array(sounds, kind), "prompt": prompts}), path, row_group_size=20)
    return path


def media_table(
    path: Path, pictures: Sequence[bytes | None], sounds: Sequence[bytes | None], prompts: Sequence[str]
) -> Path:
    """Columns `prompt`, `image` and `audio`, without a column that would hold nothing."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns: dict[str, Any] = {"prompt": list(prompts)}
    for name, media in (("image", pictures), ("audio", sounds)):
        if any(media):
            cells = [None if medium is None else {"bytes": medium, "path": None} for medium in media]
            columns[name] = pa.array(cells, kind)
    pq.write_table(pa.table(columns), path, row_group_size=20)
    return path


def noise(number: int, seconds: int) -> bytes:
    """A WAV that is like no other."""
    random = np.random.default_rng([number, seconds])
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes(random.integers(-3000, 3000, seconds * SAMPLE_RATE).astype("<i2").tobytes())
    return stream.getvalue()


def picture(number: int, height: int, width: int) -> bytes:
    """A JPEG that is like no other."""
    random = np.random.default_rng(number)
    cells = random.integers(0, 256, (max(1, height // 16), max(1, width // 16), 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(cells).resize((width, height)).save(stream, "JPEG", quality=85)
    return stream.getvalue()
