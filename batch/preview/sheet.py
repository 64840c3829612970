"""Thumbnails of a few rows in one file: a page of rows loads few files, and a hundred thousand rows are not as many.

The file is a script, which a page opened as a file may load. Each thumbnail in it is a JPEG of its own: a browser keeps
the last thousand pictures decoded, whatever part of them it has shown, and these are small.
"""

import base64
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from batch.preview_records import sheet_number

QUALITY = 76


def fit(height: int, width: int, cell_px: int) -> tuple[int, int]:
    """(height, width) within a square of `cell_px`, in proportion, never enlarged, at least 1."""
    scale = min(1.0, cell_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


class Sheet:
    """Thumbnails in the order they are added."""

    def __init__(self) -> None:
        self._cells: list[str] = []

    def __len__(self) -> int:
        return len(self._cells)

    def add(self, pixels: NDArray[np.uint8]) -> int:
        """Puts uint8 [h, w, 3] into the next cell; its number."""
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, optimize=True)
        self._cells.append(base64.b64encode(file.getvalue()).decode())
        return len(self._cells) - 1

    def save(self, path: Path) -> None:
        """Write the script as a whole or not at all: `gemma4Report("sheet", number, [JPEGs in base64])`."""
        staged = path.with_name(f".{path.name}.new")
        cells = ",".join(f'"{cell}"' for cell in self._cells)
        staged.write_text(f'gemma4Report("sheet",{sheet_number(path.name)},[{cells}]);\n', encoding="ascii")
        staged.replace(path)
