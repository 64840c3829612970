"""Whether this engine's numbers are mlx-vlm's, where rounding is coarse: mlx-vlm alone against mlx-vlm in a batch is
the yardstick."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_vlm.utils import load_model

from batch.bench.contenders.contender import Tokens
from batch.bench.contenders.continuous import Continuous
from batch.bench.contenders.one_at_a_time import OneAtATime
from batch.bench.contenders.ours import Ours
from batch.bench.contenders.stock import inputs_of, share_weights
from batch.bench.subject import DEMO, Subject
from batch.gemma.adapter import Gemma
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.memory import DType
from batch.gemma.processor import Processor
from batch.media.image import LoadedImage
from batch.prepared import Prepared
from batch.records import RequestKey

ANSWER_TOKENS = 16
SLOTS = 8
COLOURS = ((222, 38, 38), (38, 84, 222), (38, 168, 62), (250, 200, 30))


def of_logits(subject: Subject, requests: Sequence[Prepared]) -> dict[str, Any]:
    """Relative distance of first logits from mlx-vlm's, each request alone; and how many have the same best token."""
    alone = np.concatenate([_stock_logits(subject.stock, [request]) for request in requests])
    batched = _stock_logits(subject.stock, requests)
    prefill = Prefill(subject.gemma.text, [subject.gemma.prompt(request) for request in requests]).advance()
    if prefill is None:
        raise ValueError("prompts too long to be prefilled in one piece")
    ours = np.array(prefill.astype(mx.float32))
    return {
        "requests": len(requests),
        "mlx_vlm_batched": _distance(alone, batched),
        "ours": _distance(alone, ours),
        "same_best": {"mlx_vlm_batched": _same(alone, batched), "ours": _same(alone, ours)},
    }


def of_tokens(dtype: DType) -> dict[str, Any]:
    """Greedy tokens of the demonstration model, which has learned something: how many rows of mlx-vlm's batch equal
    mlx-vlm alone, and how many of ours do. Lengths are given, so rows go on beyond their answer's end, where everything
    hangs on rounding."""
    gemma = replace(Gemma.load(DEMO, dtype), stop_ids=frozenset())
    stock = load_model(DEMO, lazy=True, strict=True)
    stock.set_dtype(getattr(mx, dtype))
    stock = share_weights(stock, gemma)
    asked = questions(Processor.load(DEMO))
    alone = OneAtATime(stock).run(asked)
    batched = Continuous(stock, SLOTS).run(asked)
    with closing(Ours(gemma, DEMO, SLOTS)) as contender:
        ours = contender.run(asked)
    with closing(Ours(gemma, DEMO, 1)) as contender:
        ours_alone = contender.run(asked)
    return {
        "dtype": dtype, "rows": len(asked), "tokens": ANSWER_TOKENS, "mlx_vlm_batched": agreement(alone, batched),
        "ours": agreement(alone, ours), "ours_and_mlx_vlm_batched": agreement(batched, ours),
        "ours_and_ours_alone": agreement(ours_alone, ours),
    }  # fmt: skip


def questions(processor: Processor) -> list[Prepared]:
    """Sums, and discs of several colours and sizes on white."""
    texts = [f"What is {one} plus {other}?" for one in (2, 3, 5, 7, 8, 9) for other in (1, 4, 6, 8)]
    requests = [
        processor.prepare(RequestKey(0, row, 0), prompt=text, soft_tokens=70, max_tokens=ANSWER_TOKENS)
        for row, text in enumerate(texts)
    ]
    for row, colour in enumerate(COLOURS * 6, len(texts)):
        side = 240 + 12 * row % 97
        y, x = np.mgrid[:side, :side]
        pixels = np.full((side, side, 3), 255, np.uint8)
        pixels[(y - side / 2) ** 2 + (x - side / 2) ** 2 < ((0.1 + 0.01 * (row % 24)) * side) ** 2] = colour
        requests.append(
            processor.prepare(
                RequestKey(0, row, 0), prompt="Describe this image.", images=[LoadedImage(pixels, side, side)],
                soft_tokens=70, max_tokens=ANSWER_TOKENS,
            )
        )  # fmt: skip
    return requests


def agreement(one: Tokens, other: Tokens) -> dict[str, float]:
    """Rows that are equal, and the mean share of a row before its first difference."""
    shares = []
    for key, tokens in one.items():
        pairs = enumerate(zip(tokens, other[key], strict=True))
        alike = next((place for place, (mine, theirs) in pairs if mine != theirs), len(tokens))
        shares.append(alike / len(tokens))
    return {"equal_rows": sum(share == 1.0 for share in shares), "before_difference": sum(shares) / len(shares)}


def _stock_logits(model: Any, requests: Sequence[Prepared]) -> Any:
    ids, _, media = inputs_of(model, requests)
    embedded = model.get_input_embeddings(ids, media.pop("pixel_values"), **media).to_dict()
    arguments = {name: value for name, value in embedded.items() if value is not None}
    output = model.language_model(ids, cache=model.language_model.make_cache(), logits_to_keep=1, **arguments, **media)
    return np.array(output.logits[:, -1].astype(mx.float32))


def _distance(one: Any, other: Any) -> float:
    return float(np.linalg.norm(one - other) / np.linalg.norm(one))


def _same(one: Any, other: Any) -> float:
    return float((one.argmax(-1) == other.argmax(-1)).mean())
