"""One bench: what is asked for is measured in order, and comes back as one object."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from batch import __version__
from batch.bench import machine_facts
from batch.bench.measures import speed
from batch.bench.subject import Subject, open_checkpoint, open_random
from batch.gemma.memory import DType

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What to measure. `size` (with `precision`) asks for random weights in place of `model`; `longest` cuts the
    answers, in tokens."""

    model: str
    size: str | None
    precision: str
    dtype: DType
    workloads: tuple[str, ...]
    slots: int
    requests: int
    repeats: int
    seed: int
    soft_tokens: int | None
    longest: int | None = None


def bench(asked: Asked, told: Callable[[str], None]) -> dict[str, Any]:
    """The report; `told` hears of every step. Raises ModelError, ConfigError."""
    began = time.time()
    machine = machine_facts.facts()
    subject = _open(asked)
    told(f"model {subject.name}, {subject.gemma.dtype}, {asked.slots} slots, {subject.model.soft_tokens} soft tokens")
    workloads = speed.measure(
        subject,
        _possible(asked.workloads, subject),
        slots=asked.slots,
        requests=asked.requests,
        repeats=asked.repeats,
        seed=asked.seed,
        longest=asked.longest,
        told=told,
    )
    return {
        "schema_version": SCHEMA_VERSION,
        "version": __version__,
        "began_at": began,
        "seconds": time.time() - began,
        "machine": machine,
        "model": _model(subject),
        "slots": asked.slots,
        "repeats": asked.repeats,
        "seed": asked.seed,
        "workloads": workloads,
    }


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
