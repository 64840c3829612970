"""How long `plan` takes over many photos: `python -m tests.many_photos FOLDER COUNT` makes them and asks for the plan.

JPEGs as cameras write them: 30 kB of metadata before the frame header, folders of a thousand, some twice, some empty.
Their contents are small: what is read of a photo is its header, and both ends of those of equal size.
"""

import io
import json
import sys
import time
from pathlib import Path

from PIL import Image

from tests.commands import run_command, write_config

FOLDER = 1000
TWICE_EACH, EMPTY_EACH = 500, 10_000


def photo(number: int) -> bytes:
    """A JPEG whose header says 4032 x 3024 pixels; its size in bytes differs from its neighbours'."""
    exif = Image.Exif()
    exif[0x010E] = "x" * 30_000
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (number % 256, number // 256 % 256, 128)).save(file, "JPEG", exif=exif.tobytes())
    data = bytearray(file.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = (3024).to_bytes(2) + (4032).to_bytes(2)
    return bytes(data)


def make(folder: Path, count: int) -> None:
    patterns = [photo(number) for number in range(16)]
    for number in range(count):
        path = folder / f"{number // FOLDER:03d}" / f"IMG_{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        original = number - 1 if number % TWICE_EACH == TWICE_EACH - 1 else number
        tail = original.to_bytes(4) * (1 + original % 2000)
        path.write_bytes(b"" if number % EMPTY_EACH == EMPTY_EACH - 1 else patterns[original % 16] + tail)


def measure(folder: Path) -> tuple[float, dict[str, object]]:
    """Seconds the command took, and what it found."""
    job = write_config(folder.parent / "many.yaml", task="caption", source={"path": str(folder)})
    began = time.monotonic()
    shown = run_command("plan", job, "--json", timeout_s=600)
    return time.monotonic() - began, json.loads(shown.stdout)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if not target.exists():
        make(target, int(sys.argv[2]))
    for _ in range(2):
        seconds, found = measure(target)
        print(f"{found['rows']} photos, {found['pixels']} pixels, failing {found['failing']}, in {seconds:.1f} s")
