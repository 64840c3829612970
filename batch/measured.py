"""The last bench of this machine, kept where a plan finds it: `gemma4-batch bench` writes, estimates read.

One JSON file, `bench.json` in `$XDG_CACHE_HOME/gemma4-batch` (`~/.cache`; on macOS `~/Library/Caches`):

    {"schema_version": 1,
     "benches": {"<processor> x <cores>": {"<fingerprint of the checkpoint>": <Measured as an object>}}}

The newest wins per workload. A file that cannot be read is as good as none.
"""

import json
import os
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from batch.machine.processor import processor_name

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Speed:
    """One workload's pieces: milliseconds for a decode step of all slots, a prompt token, an image, a clip of 30 s; how
    much of their limit the engine reached, and what came of it. None: that workload has no such thing."""

    step_ms: float
    prefill_ms_per_token: float
    image_ms: float | None
    clip_ms: float | None
    share_of_limit: float
    requests_per_s: float
    tokens_per_s: float
    prompt_tokens: float
    answer_tokens: float

    def seconds(
        self, slots: int, requests: int, prompt: float, answer: float, images: int = 0, clips: int = 0
    ) -> float:
        """For requests of other lengths; tokens, images and clips are per request."""
        each_ms = answer * self.step_ms / slots + prompt * self.prefill_ms_per_token
        each_ms += images * (self.image_ms or 0.0) + clips * (self.clip_ms or 0.0)
        return requests * each_ms / 1000 / self.share_of_limit


@dataclass(frozen=True, slots=True)
class Measured:
    """A bench of one checkpoint on this machine. `made_at`: seconds since the epoch; `soft_tokens` of an image."""

    slots: int
    dtype: str
    soft_tokens: int
    made_at: float
    workloads: Mapping[str, Speed] = field(default_factory=dict)

    @classmethod
    def from_object(cls, value: Mapping[str, Any]) -> Self:
        workloads = {name: Speed(**speed) for name, speed in value["workloads"].items()}
        return cls(**{**value, "workloads": workloads})


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
        return Measured.from_object(_load()["benches"][this_machine()][fingerprint])
    except (KeyError, TypeError, ValueError):
        return None


def write(fingerprint: str, measured: Measured) -> Path:
    """Keep it; workloads that it lacks stay as they were where the slots are the same. Raises OSError."""
    path, kept, before = bench_file(), _load(), read(fingerprint)
    old = before.workloads if before is not None and before.slots == measured.slots else {}
    value = asdict(measured)
    value["workloads"] = {name: asdict(speed) for name, speed in old.items()} | value["workloads"]
    kept.setdefault("benches", {}).setdefault(this_machine(), {})[fingerprint] = value
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
