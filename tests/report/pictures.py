"""Photos and recordings made in code, each with a colour or a tone to be told by."""

import wave
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 30, 30), "green": (30, 160, 60), "blue": (40, 60, 200), "grey": (120, 120, 120)}


def photo(path: Path, colour: str = "red", size: tuple[int, int] = (320, 240)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, COLOURS[colour]).save(path)
    return path


def tones(path: Path, *hertz: float, second_each: float = 1.0, rate: int = 16_000) -> Path:
    """A WAV of tones one after the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(rate * second_each)) / rate
    samples = np.concatenate([0.5 * np.sin(2 * np.pi * tone * time) for tone in hertz])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path
