"""Tokens a second of the contenders over one workload, and how near the limit of the pieces this engine comes."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from statistics import median
from typing import Any

from batch.bench.contenders.contender import Contender
from batch.bench.contenders.continuous import Continuous
from batch.bench.contenders.one_at_a_time import OneAtATime
from batch.bench.contenders.ours import Ours
from batch.bench.contenders.static import Static
from batch.bench.figures import Sample, computed_ratio, median_of, ratio, spread
from batch.bench.measures import pieces
from batch.bench.measures.contest import Contest, agreement, hold
from batch.bench.subject import Subject
from batch.bench.workloads import answer_tokens, make, prompt_tokens


def measure(
    subject: Subject,
    workloads: Sequence[str],
    *,
    slots: int,
    requests: int,
    repeats: int,
    seed: int,
    longest: int | None,
    told: Callable[[str], None],
) -> dict[str, Any]:
    """By workload. All contenders over the same requests, interleaved."""
    with ExitStack() as open_contenders:
        ours = Ours(subject.gemma, subject.tokenizer, slots)
        contenders: list[Contender] = [
            ours,
            Static(subject.stock, slots),
            Continuous(subject.stock, slots),
            OneAtATime(subject.stock),
        ]
        for contender in contenders:
            open_contenders.enter_context(closing(contender))
        return {
            name: _workload(subject, name, ours, contenders, slots, requests, repeats, seed, longest, told)
            for name in workloads
        }


def _workload(
    subject: Subject,
    name: str,
    engine: Ours,
    contenders: Sequence[Contender],
    slots: int,
    count: int,
    repeats: int,
    seed: int,
    longest: int | None,
    told: Callable[[str], None],
) -> dict[str, Any]:
    asked = make(name, subject.model, count, seed, longest)
    told(f"{name}: {len(asked)} requests, {prompt_tokens(asked)} tokens in; the pieces first")
    before = pieces.measure(subject.stock, subject.model, asked, slots)
    expected_bytes = engine.rehearse(asked)
    told(f"{name}: {expected_bytes / 1e6:,.0f} MB at most are expected, as a rehearsal took")
    contest = hold(name, contenders, asked, repeats, told)
    after = pieces.measure(subject.stock, subject.model, asked, slots)
    limits = [len(asked) / found.limit_s(asked) for found in (before, after)]
    ours = contest.of(Ours.name)
    reached = [sample.requests_per_s / median(limits) for sample in ours]
    limit_s = median(found.computed.limit_s(asked) for found in (before, after) if found.computed is not None)
    return {
        "requests": len(asked),
        "prompt_tokens": prompt_tokens(asked),
        "answer_tokens": answer_tokens(asked),
        "contenders": {contender.name: _contender(contender, contest, ours) for contender in contenders},
        "pieces": [found.as_object() for found in (before, after)],
        "limit_requests_per_s": median(limits),
        "limit_spread": spread(limits),
        "share_of_limit": median_of(reached),
        "share_of_limit_computed": median_of([limit_s / sample.computed_s for sample in ours if sample.computed_s]),
        "expected_bytes": expected_bytes,
        "peak_to_expected": max(sample.peak_bytes or 0 for sample in ours) / expected_bytes,
        "occupancy": engine.occupancy,
        "steady_spread": spread(contest.steady_ms),
    }


def _contender(contender: Contender, contest: Contest, ours: Sequence[Sample]) -> dict[str, Any]:
    samples = contest.of(contender.name)
    equal, both = agreement(contest.tokens[Ours.name], contest.tokens[contender.name])
    return {
        "about": contender.about,
        "requests": samples[0].requests,
        "tokens": samples[0].tokens,
        "seconds": [sample.seconds for sample in samples],
        "tokens_per_s": median(sample.tokens_per_s for sample in samples),
        "requests_per_s": median(sample.requests_per_s for sample in samples),
        "spread": spread([sample.tokens_per_s for sample in samples]),
        "peak_bytes": max(sample.peak_bytes or 0 for sample in samples),
        "ours_to_this": ratio(ours, samples),
        "computed_s": [sample.computed_s for sample in samples],
        "ours_to_this_computed": computed_ratio(ours, samples),
        "equal_answers": [equal, both],
    }
