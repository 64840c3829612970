"""Thumbnails side by side in one JPEG: a page of photos is a few files, not hundreds."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLUMNS = 4
QUALITY = 76
PAPER = (127, 127, 127)  # shows only where a picture is narrower than its cell, which the page cuts off


def fit(height: int, width: int, cell_px: int) -> tuple[int, int]:
    """(height, width) within a square of `cell_px`, in proportion, never enlarged, at least 1."""
    scale = min(1.0, cell_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


class Sheet:
    """Cells of `cell_px` x `cell_px`, COLUMNS to a line, filled left to right, then down."""

    def __init__(self, cell_px: int) -> None:
        self._cell_px = cell_px
        self._cells: list[NDArray[np.uint8]] = []

    def __len__(self) -> int:
        return len(self._cells)

    def add(self, pixels: NDArray[np.uint8]) -> int:
        """Puts uint8 [h, w, 3] (at most a cell) into the next cell; its number."""
        self._cells.append(pixels)
        return len(self._cells) - 1

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        lines = -(-len(self._cells) // COLUMNS)
        return min(len(self._cells), COLUMNS) * self._cell_px, lines * self._cell_px

    def save(self, path: Path) -> None:
        """Write the JPEG as a whole or not at all."""
        canvas = Image.new("RGB", self.size, PAPER)
        for cell, pixels in enumerate(self._cells):
            line, column = divmod(cell, COLUMNS)
            canvas.paste(Image.fromarray(pixels), (column * self._cell_px, line * self._cell_px))
        staged = path.with_name(f".{path.name}.new")
        canvas.save(staged, "JPEG", quality=QUALITY, optimize=True)
        staged.replace(path)
