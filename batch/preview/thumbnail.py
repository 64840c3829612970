"""Thumbnails: a small JPEG each, so that a page loads and decodes what it shows and nothing else."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

QUALITY = 76


def fit(height: int, width: int, side_px: int) -> tuple[int, int]:
    """(height, width) within a square of `side_px`, in proportion, never enlarged, at least 1."""
    scale = min(1.0, side_px / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def save(pixels: NDArray[np.uint8], path: Path) -> None:
    """Write uint8 [h, w, 3] as a whole or not at all."""
    staged = path.with_name(f".{path.name}.new")
    Image.fromarray(pixels).save(staged, "JPEG", quality=QUALITY, optimize=True)
    staged.replace(path)
