"""The models one can choose from: how large, what they take, and how many requests at once fit a machine.

Sizes on disk are those of the Hub; parameters and memory are reckoned (`published.py`, `memory.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from batch.gemma.memory import Need, need_of
from batch.gemma.published import bytes_of, config_of, media_of, parameters_of
from batch.gemma.registry import PUBLISHED, repository
from batch.gemma.slots import MOST_SLOTS
from batch.machine.memory import USABLE

# The first that fits is recommended. E4B hears better than the larger 12B, and is quick; of the larger ones only
# 26B-A4B, which computes with 4B of its parameters, is quick enough for a whole folder.
PREFERRED = {
    "transcribe": ("e4b-8bit", "e4b-4bit", "e2b-8bit", "e2b-4bit"),
    "caption": ("e4b-8bit", "e4b-4bit", "e2b-8bit", "e2b-4bit"),
    "answer": ("26b-a4b-8bit", "26b-a4b-4bit", "e4b-8bit", "e4b-4bit", "e2b-8bit", "e2b-4bit"),
}
NEEDED = {"transcribe": "audio"}
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Choice:
    """A published checkpoint on a machine. `fitting`: requests at once, below 1 where the model itself is too large."""

    name: str
    repository: str
    parameters: int
    precision: str
    disk_bytes: int
    media: tuple[str, ...]
    memory_bytes: int
    fitting: int


@dataclass(frozen=True, slots=True)
class Other:
    """A model that is not run as it is, and what can be done with it."""

    repository: str
    remark: str


OTHERS = (
    Other(
        "google/gemma-4-{E2B,E4B}-it-qat-q4_0-unquantized",
        "QAT, in Hugging Face's form: pull it, then `gemma4-batch convert` it with --bits 4 --group-size 32",
    ),
    Other(
        "mlx-community/gemma-4-{E2B,E4B}-it-qat-4bit",
        "QAT, in MLX's form: runs; PLE grade `guarded`, the table is quantised as it was trained to be",
    ),
    Other(
        "google/gemma-4-12B-it",
        "the 12B unified model: mlx-vlm 0.7 can load it (model_type gemma4_unified), this version does not run it",
    ),
)


def choices(memory: int, slots: int, task: str | None = None) -> list[Choice]:
    """All published checkpoints that can do the task, on a machine with so many bytes of memory."""
    found = []
    for name, gigabytes in PUBLISHED.items():
        size, _, precision = name.rpartition("-")
        media = tuple(media_of(size))
        if task and NEEDED.get(task, "image") not in media:
            continue
        need = need_of(config_of(size), bytes_of(size, precision))
        found.append(
            Choice(
                name=name,
                repository=repository(name),
                parameters=parameters_of(size),
                precision=precision,
                disk_bytes=round(gigabytes * 1e9),
                media=media,
                memory_bytes=need.total(slots),
                fitting=_fitting(need, memory),
            )
        )
    return found


def _fitting(need: Need, memory: int) -> int:
    return max(0, min(MOST_SLOTS, need.fitting(round(memory * USABLE))))


def recommended(found: Sequence[Choice], task: str, slots: int) -> str | None:
    """The name of the first preference that runs so many requests at once, or else any at all."""
    fitting = {choice.name: choice.fitting for choice in found}
    for least in (slots, 1):
        for name in PREFERRED[task]:
            if fitting.get(name, 0) >= least:
                return name
    return None


def models_object(found: Sequence[Choice], memory: int, slots: int, tasks: Sequence[str]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "schema_version": 1,
        "memory_bytes": memory,
        "usable_bytes": round(memory * USABLE),
        "slots": slots,
        "models": [
            {"name": choice.name, "repository": choice.repository, "parameters": choice.parameters,
             "precision": choice.precision, "disk_bytes": choice.disk_bytes, "media": list(choice.media),
             "memory_bytes": choice.memory_bytes, "fits": choice.fitting >= 1, "slots_that_fit": choice.fitting}
            for choice in found
        ],
        "recommended": {task: recommended(found, task, slots) for task in tasks},
        "others": [{"repository": other.repository, "remark": other.remark} for other in OTHERS],
    }  # fmt: skip


def models_text(found: Sequence[Choice], memory: int, slots: int, tasks: Sequence[str]) -> str:
    """What a person sees."""
    head = ("model", "parameters", "precision", "disk", f"memory, {slots} at once", "takes", "this machine")
    rows = [head, *(_row(choice) for choice in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines += [
        "",
        f"memory: {memory / GIB:.1f} GiB, of which a model may use {memory * USABLE / 1e9:.1f} GB; "
        "`demo` comes with the package and runs anywhere",
    ]
    for task in tasks:
        name = recommended(found, task, slots)
        lines.append(f"{task}: {name}" if name else f"{task}: {_what_now(found)}")
    lines += ["", "not in the table:", *(f"  {other.repository}: {other.remark}" for other in OTHERS)]
    return "\n".join(lines)


def _row(choice: Choice) -> tuple[str, ...]:
    return (
        choice.name,
        f"{choice.parameters / 1e9:.1f} B",
        choice.precision,
        f"{choice.disk_bytes / 1e9:.1f} GB",
        f"{choice.memory_bytes / 1e9:.1f} GB",
        ", ".join(choice.media),
        f"fits, {choice.fitting} at once" if choice.fitting else "too large",
    )


def _what_now(found: Sequence[Choice]) -> str:
    smallest = min(found, key=lambda choice: choice.memory_bytes)
    return (
        f"none fits; the smallest is {smallest.name}, which needs {smallest.memory_bytes / 1e9:.1f} GB: use a machine "
        "with 16 GiB or more, or try the program with `model: demo`"
    )
