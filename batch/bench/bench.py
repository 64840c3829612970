"""One bench: what is asked for is measured in order, and comes back as one object."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mlx.core as mx

from batch import __version__
from batch.bench import machine_facts
from batch.bench.measures import costs, speed
from batch.bench.subject import Subject, open_checkpoint, open_random
from batch.gemma.memory import DType

SCHEMA_VERSION = 1
DEFAULT_SLOTS = 8
MEASURES = ("costs", "speed", "runner", "reuse", "server", "preparing", "growth")
NEED_A_CHECKPOINT = ("costs", "runner", "reuse", "server")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure. `size` (with `precision`) asks for random weights in place of `model`; `longest` cuts the
    answers, in tokens; `photos` are more pictures to prepare, `rows` the sizes of the jobs of `growth`. `slots` None:
    DEFAULT_SLOTS, and in `costs` as many as `engine.slots: auto` gives."""

    model: str
    size: str | None
    precision: str
    dtype: DType
    measures: tuple[str, ...]
    workloads: tuple[str, ...]
    slots: int | None
    requests: int
    repeats: int
    seed: int
    soft_tokens: int | None
    longest: int | None = None
    photos: tuple[Path, ...] = ()
    rows: tuple[int, ...] = (1_000, 10_000)


def bench(asked: Asked, told: Callable[[str], None]) -> dict[str, Any]:
    """The report; `told` hears of every step. Raises ModelError, ConfigError."""
    began = time.time()
    slots = asked.slots or DEFAULT_SLOTS
    report = {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "began_at": began,
        "machine": machine_facts.facts(),
        "slots": slots,
        "repeats": asked.repeats,
        "seed": asked.seed,
        "left_out": _left_out(asked),
    }
    subject = _open(asked)
    told(f"model {subject.name}, {subject.gemma.dtype}, {slots} slots, {subject.model.soft_tokens} soft tokens")
    path, facts, possible = subject.path, subject.model, _possible(asked.workloads, subject)
    report |= {"model": _model(subject), "workloads": {}}
    if "speed" in asked.measures:
        report["workloads"] = _speed(subject, asked, slots, told)
    answer = costs.answer_cost(subject, asked.slots or 0) if "costs" in asked.measures and path is not None else None
    del subject
    gc.collect()
    mx.clear_cache()  # whole jobs load the model in their own processes
    if answer is not None:
        report["costs"] = costs.measure(asked.model, answer, asked.requests // 2, facts.soft_tokens, facts.hears, told)
    report |= _whole_jobs(asked, slots, path, facts.soft_tokens, possible, told)
    return report | {"seconds": time.time() - began}


def _speed(subject: Subject, asked: Asked, slots: int, told: Callable[[str], None]) -> dict[str, Any]:
    return speed.measure(
        subject,
        _possible(asked.workloads, subject),
        slots=slots,
        requests=asked.requests,
        repeats=asked.repeats,
        seed=asked.seed,
        longest=asked.longest,
        told=told,
    )


def _whole_jobs(
    asked: Asked,
    slots: int,
    path: Path | None,
    soft_tokens: int,
    workloads: Sequence[str],
    told: Callable[[str], None],
) -> dict[str, Any]:
    # Late: they need tables and media, which a machine that only measures random weights may lack.
    from batch.bench.measures import against_server, growth, preparing, reuse, runner_cost

    found: dict[str, Any] = {}
    for name in asked.measures:
        told(f"measuring: {name}")
        match name:
            case "runner" if path is not None:
                found[name] = runner_cost.measure(asked.model, slots, asked.requests)
            case "reuse" if path is not None:
                found[name] = reuse.measure(asked.model, slots, asked.requests, asked.repeats, soft_tokens)
            case "server" if path is not None:
                found[name] = against_server.measure(
                    asked.model, path, workloads, slots, asked.requests, asked.repeats, soft_tokens
                )
            case "preparing":
                found[name] = preparing.measure(asked.photos, told)
            case "growth":
                found[name] = growth.measure_all(asked.rows)
    return found


def _left_out(asked: Asked) -> list[str]:
    """What this bench says nothing about, and why."""
    lines = [f"{name}: random weights have no files to run a job with" for name in asked.measures
             if asked.size is not None and name in NEED_A_CHECKPOINT]  # fmt: skip
    if find_spec("torch") is None:
        lines.append("transformers: torch is not installed here (this package never needs it)")
    else:
        lines.append("transformers: torch is here, but this command does not run it; see docs/performance.md")
    return lines


def _open(asked: Asked) -> Subject:
    if asked.size is not None:
        return open_random(asked.size, asked.precision, asked.soft_tokens)
    return open_checkpoint(asked.model, asked.dtype, asked.soft_tokens)


def _possible(workloads: Sequence[str], subject: Subject) -> list[str]:
    return [name for name in workloads if name != "transcripts" or subject.model.hears]


def _model(subject: Subject) -> dict[str, Any]:
    return {
        "name": subject.name,
        "fingerprint": subject.fingerprint,
        "dtype": subject.gemma.dtype,
        "parameters": subject.gemma.parameters,
        "weight_bytes": subject.gemma.nbytes,
        "soft_tokens": subject.model.soft_tokens,
    }
