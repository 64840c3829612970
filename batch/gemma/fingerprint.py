"""A checkpoint folder's fingerprint: changes when its answers may. Quick, however large the weights are.

Settings, tokenizer and template are hashed whole. So are small weight files; of large ones the size,
the header and evenly spaced samples are: training and quantising change weights everywhere.
"""

import hashlib
from pathlib import Path

from batch.errors import ModelError
from batch.gemma.headers import weight_files

WHOLE_BYTES = 64 * 1024**2
SAMPLES = 256
SAMPLE_BYTES = 4096


def fingerprint(folder: Path) -> str:
    """SHA-256 as hex. Neither the folder's place nor file times matter. Raises ModelError for an unreadable file."""
    settings = [path for path in folder.iterdir() if path.suffix in (".json", ".jinja")]
    digest = hashlib.sha256()
    try:
        for path in sorted({*settings, *weight_files(folder)}):
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
            _add(digest, path)
    except OSError as exc:
        raise ModelError(f"{exc.filename}: cannot be read: {exc.strerror}") from exc
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        if size <= WHOLE_BYTES:
            digest.update(stream.read())
            return
        # The header first: it is shorter than this for every published checkpoint, and holds all shapes.
        digest.update(stream.read(1024**2))
        for sample in range(SAMPLES):
            stream.seek((size - SAMPLE_BYTES) * sample // (SAMPLES - 1))
            digest.update(stream.read(SAMPLE_BYTES))
