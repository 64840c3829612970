"""Batched equals alone: every row's tokens, by itself and among others of mixed kinds.

The rows may not stop before BATCH_TOKENS: a sure and short answer hides a fault (the demonstration model's "Paris"
survives a broken mask), while what is said after the end of an answer hangs on every number (the same mask: second
token). Greedy, through the batch that the engine uses, refilled as rows end.

In float32 they must be equal. In bfloat16 and with quantised weights rounding differs with the batch's shape, and a
near-tie goes the other way now and then; what follows it is another text. Measured for answers that may stop: bfloat16
equal on every row, 4-bit bfloat16 14 of 15. The fault this is here for (an aliased RoPE offset, mlx-vlm issue 1083)
leaves half of the tokens before the first difference on the demonstration model, a broken padding mask 0.6.
"""

from collections.abc import Sequence
from dataclasses import replace

import mlx.core as mx

from batch.errors import RowError
from batch.gemma.adapter import Gemma
from batch.gemma.decoding.encode import Refused
from batch.gemma.decoding.loop import DecodeLoop
from batch.gemma.validation.checks import Verdict
from batch.gemma.validation.findings import Finding
from batch.gemma.validation.protocol import Question
from batch.gemma.validation.session import Canary
from batch.prepared import Prepared
from batch.records import RequestKey

BATCH_TOKENS = 24
LEAST_AGREEMENT = 0.75  # of the tokens before the first difference, outside float32: between the figures above

Tokens = dict[RequestKey, list[int]]


def compare_batches(
    gemma: Gemma, canary: Canary, questions: Sequence[Question], sizes: Sequence[int], *, demo: bool
) -> list[Finding]:
    """One finding per batch size, each compared with the same rows alone."""
    requests = [
        replace(request, max_tokens=BATCH_TOKENS)
        for row, question in enumerate(questions)
        for request in canary.requests(row, question, demo=demo)
    ]
    if not requests:
        return []
    try:
        alone = decode(gemma, requests, 1)
        return [_finding(f"{size} at once", gemma, alone, decode(gemma, requests, size)) for size in sizes]
    except RowError as exc:
        return [Finding("batches", f"in {gemma.dtype}", "fail", f"{exc.kind}: {exc.message}")]


def decode(gemma: Gemma, requests: Sequence[Prepared], at_once: int) -> Tokens:
    """Each request's most likely tokens, stop tokens left out, `at_once` of them beside each other."""
    loop = DecodeLoop(gemma.text, gemma.encoder(), gemma.stop_ids, at_once)
    waiting, rows, tokens = list(requests), dict[int, RequestKey](), Tokens()
    try:
        while waiting or loop:
            while waiting and len(loop) < at_once + loop.ahead:
                request = waiting.pop(0)
                rows[loop.add(request, _Endless(gemma.stop_ids))] = request.key
            for token in loop.step():
                if isinstance(token, Refused):
                    raise token.error
                tokens.setdefault(rows[token.row], []).append(token.id)
    finally:
        loop.close()
    return tokens


class _Endless:
    """A logits processor that never lets a row stop."""

    def __init__(self, stop_ids: frozenset[int]) -> None:
        self._stops = mx.array(sorted(stop_ids))

    def __call__(self, new: mx.array, logits: mx.array) -> mx.array:
        """`logits` [1, vocabulary]."""
        logits[..., self._stops] = -mx.inf
        return logits


def _finding(name: str, gemma: Gemma, alone: Tokens, together: Tokens) -> Finding:
    shares = [agreement(alone[key], together[key]) for key in alone]
    equal = sum(share == 1.0 for share in shares)
    mean = sum(shares) / len(shares)
    note = f"{equal} of {len(shares)} rows equal to the same row alone"
    verdict: Verdict = "pass"
    if equal < len(shares):
        note = f"{note}; {mean:.0%} of the tokens before the first difference"
        verdict = "fail" if gemma.dtype == "float32" or mean < LEAST_AGREEMENT else "look"
    return Finding("batches", f"{name}, {gemma.dtype}", verdict, note)


def agreement(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of the longer one that both begin with alike; 1.0 for equal ones."""
    alike = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    same = min(len(one), len(other)) if alike is None else alike
    return same / max(len(one), len(other), 1) if one or other else 1.0
