"""Contenders that can share a process, one after the other and again: each repeat runs all of them over the same
requests, so that what drifts meets all alike."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import mlx.core as mx

from batch.bench.contenders.contender import Contender, Tokens
from batch.bench.figures import Sample
from batch.bench.workloads import answer_tokens
from batch.prepared import Prepared


@dataclass
class Contest:
    """What came of it. `tokens`: of the last repeat, by contender; `steady_ms`: a fixed piece of work, timed between
    the runs, whose spread is the machine's own noise."""

    samples: list[Sample] = field(default_factory=list)
    tokens: dict[str, Tokens] = field(default_factory=dict)
    steady_ms: list[float] = field(default_factory=list)

    def of(self, contender: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.contender == contender]


def hold(
    workload: str,
    contenders: Sequence[Contender],
    requests: Sequence[Prepared],
    repeats: int,
    told: Callable[[str], None],
) -> Contest:
    """One run of each that is not counted (libraries load, kernels compile), then `repeats` rounds."""
    contest = Contest()
    for contender in contenders:
        contender.run(requests[:2])
    for repeat in range(repeats):
        for contender in contenders:
            asked = requests[: contender.most]
            contest.steady_ms.append(steady_ms())
            mx.clear_cache()
            mx.reset_peak_memory()
            began, computed = time.perf_counter(), time.process_time()
            tokens = contender.run(asked)
            seconds, computed = time.perf_counter() - began, time.process_time() - computed
            _check(contender.name, tokens, asked)
            contest.tokens[contender.name] = tokens
            peak = mx.get_peak_memory()
            sample = Sample(contender.name, workload, repeat, len(asked), answer_tokens(asked), seconds, peak, computed)
            contest.samples.append(sample)
            told(f"{workload}, repeat {repeat + 1}: {contender.name}, {sample.tokens_per_s:.0f} tokens/s")
    return contest


def _check(name: str, tokens: Tokens, requests: Sequence[Prepared]) -> None:
    """Whoever writes fewer tokens would only seem quick."""
    for request in requests:
        written = len(tokens.get(request.key, ()))
        if written != request.max_tokens:
            raise RuntimeError(f"{name} wrote {written} tokens for {request.key}, not {request.max_tokens}")


def agreement(one: Tokens, other: Tokens) -> tuple[int, int]:
    """How many of the requests that both answered have the same tokens, and how many there are."""
    both = one.keys() & other.keys()
    return sum(one[key] == other[key] for key in both), len(both)


def steady_ms() -> float:
    """A fixed amount of work in Python, in milliseconds."""
    began = time.perf_counter()
    sum(number * number for number in range(200_000))
    return 1000 * (time.perf_counter() - began)
