"""The last bench of this machine, kept where a plan finds it: `gemma4-batch bench` writes, estimates read.

One JSON file, `bench.json` in `$XDG_CACHE_HOME/gemma4-batch` (`~/.cache`; on macOS `~/Library/Caches`):

    {"schema_version": 2,
     "benches": {"<processor> x <cores>": {"<fingerprint of the checkpoint>": <Measured as an object>}}}

The newest wins. A file that cannot be read is as good as none.
"""

import json
import os
import platform
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from batch.machine.processor import processor_name

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """What rows cost in whole jobs of one checkpoint on this machine, in seconds; bench/measures/costs.py measures it.

    start_s         a job however small: its processes begin, the model is loaded, the last part is written
    row_s           a row with a prompt of `row_tokens`, the chat template's included, ...
    text_token_s    ... and each token of text more
    answer_token_s  a token of an answer, while `slots` answers are written at once
    image_s         a picture of `soft_tokens`: decoded, encoded and read
    clip_s          a recording of `clip_sound_s` seconds, ...
    sound_s         ... and each second more

    None: this checkpoint has no such tower. `made_at`: seconds since the epoch.
    """

    dtype: str
    slots: int
    soft_tokens: int
    made_at: float
    start_s: float
    row_s: float
    row_tokens: float
    text_token_s: float
    answer_token_s: float
    image_s: float | None
    clip_s: float | None
    clip_sound_s: float
    sound_s: float | None

    def seconds(
        self,
        rows: float,
        *,
        text_tokens: float,
        answer_tokens: float,
        images: float = 0.0,
        soft_tokens: int | None = None,
        clips: float = 0.0,
        sound_s: float = 0.0,
    ) -> float:
        """Of a job; all are sums over its rows, `soft_tokens` are those of an image."""
        budget = (soft_tokens or self.soft_tokens) / self.soft_tokens
        return (
            self.start_s
            + rows * self.row_s
            + max(0.0, text_tokens - rows * self.row_tokens) * self.text_token_s
            + answer_tokens * self.answer_token_s
            + images * budget * (self.image_s or 0.0)
            + clips * (self.clip_s or 0.0)
            + max(0.0, sound_s - clips * self.clip_sound_s) * (self.sound_s or 0.0)
        )


def bench_file() -> Path:
    """Where benches are kept."""
    if platform.system() == "Darwin" and not os.environ.get("XDG_CACHE_HOME"):
        return Path.home() / "Library" / "Caches" / "gemma4-batch" / "bench.json"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gemma4-batch" / "bench.json"


def this_machine() -> str:
    return f"{processor_name()} x {os.cpu_count()}"


def read(fingerprint: str) -> Measured | None:
    """The last bench of this checkpoint here; None where there was none."""
    try:
        return Measured(**_load()["benches"][this_machine()][fingerprint])
    except (KeyError, TypeError, ValueError):
        return None


def write(fingerprint: str, measured: Measured) -> Path:
    """Keep it in place of the one before. Raises OSError."""
    path, kept = bench_file(), _load()
    kept.setdefault("benches", {}).setdefault(this_machine(), {})[fingerprint] = asdict(measured)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as staged:
        json.dump(kept | {"schema_version": SCHEMA_VERSION}, staged, indent=2)
    Path(staged.name).replace(path)
    return path


def _load() -> dict[str, Any]:
    try:
        found = json.loads(bench_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("schema_version") == SCHEMA_VERSION else {}
