"""The study on a fast device, `python -m batch.bench.study OUT.jsonl`: docs/performance.md has its figures.

Random weights of a published size, the captions workload, all contenders in one process and in turns. Every finding is
a line of JSON as soon as it is there, the weightiest first, so that a run that is cut off still says something.
`--seconds` is when it stops to begin anything new.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from mlx_vlm.utils import load_model

from batch.bench import machine_facts
from batch.bench.contenders.contender import Contender, Tokens
from batch.bench.contenders.continuous import Continuous
from batch.bench.contenders.one_at_a_time import OneAtATime
from batch.bench.contenders.ours import Ours
from batch.bench.contenders.static import Static
from batch.bench.contenders.stock import inputs_of, share_weights
from batch.bench.measures import pieces
from batch.bench.measures.decode_profile import Profile, of_ours, of_stock
from batch.bench.subject import DEMO, Subject, open_random
from batch.bench.workloads import WORKLOADS, Model, answer_tokens, make, picture_size
from batch.gemma.adapter import Gemma
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.decoding.vision import VisionTower, unit
from batch.gemma.processor import Processor
from batch.media.image import LoadedImage
from batch.records import Prepared, RequestKey

ANSWER_TOKENS = 16


@dataclass(frozen=True)
class Plan:
    """How much of each. `slots`: as many as mlx-vlm is given; `many`: 0 lets
    the engine choose."""

    slots: int = 64
    many: int = 0
    requests: int = 768
    many_requests: int = 1536
    stock_requests: int = 192
    default_requests: int = 96
    alone_requests: int = 8
    repeats: int = 3
    soft_tokens: int = 280


class Study:
    def __init__(self, out: Path, seconds: float) -> None:
        self._out = out
        self._began = time.monotonic()
        self._ends = self._began + seconds

    def say(self, what: str, **found: Any) -> None:
        line = json.dumps({"what": what, "at_s": round(time.monotonic() - self._began, 1), **found})
        print(line, flush=True)
        with self._out.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    @property
    def left_s(self) -> float:
        return self._ends - time.monotonic()

    def run(self, size: str, plan: Plan) -> None:
        self.say("machine", **machine_facts.facts(), plan=vars(plan))
        subject = open_random(size, "bf16", plan.soft_tokens)
        asked = captions(subject.model, max(plan.requests, plan.many_requests))
        self.say("model", name=subject.name, bytes=subject.gemma.nbytes, mean_tokens=answer_tokens(asked) / len(asked))
        for part in (self.profile, self.pieces, self.vision, self.rounds, self.nearness):
            if self.left_s > 20:
                self._guarded(part, subject, asked, plan)
        del subject
        mx.clear_cache()
        if self.left_s > 40:
            self._guarded(self.agreement)
        if self.left_s > 40:
            self._guarded(self.four_bits, size, asked, plan)
        self.say("done")

    def _guarded(self, part: Callable[..., None], *arguments: Any) -> None:
        try:
            part(*arguments)
        except Exception as error:  # the other parts are worth having
            self.say("failed", part=part.__name__, error=f"{type(error).__name__}: {error}"[:500])

    # ------------------------------------------------------------ what a step is made of
    def profile(self, subject: Subject, asked: Sequence[Prepared], plan: Plan) -> None:
        length = len(asked[0].token_ids)
        for rows in (plan.slots, 4 * plan.slots, 2 * plan.slots, 1):
            self._profiled("ours, compiled", of_ours(subject.gemma, rows, length, compiled=True))
        self._profiled("mlx-vlm", of_stock(subject.stock, plan.slots, length))
        self._profiled("ours, not compiled", of_ours(subject.gemma, plan.slots, length, compiled=False))
        self._profiled("mlx-vlm", of_stock(subject.stock, 1, length))

    def _profiled(self, whose: str, profile: Profile) -> None:
        self.say("step", whose=whose, **vars(profile))

    def pieces(self, subject: Subject, asked: Sequence[Prepared], plan: Plan) -> None:
        found = pieces.measure(subject.stock, subject.model, asked, plan.slots)
        self.say("pieces", **found.as_object(), limit_requests_per_s=len(asked) / found.limit_s(asked))
        for rows in (1, 8, 16):
            self.say("prefill", rows=rows, ours_ms=_ours_prefill_ms(subject, asked, rows))

    def vision(self, subject: Subject, asked: Sequence[Prepared], plan: Plan) -> None:
        tower = VisionTower(subject.gemma.model)
        pixels = mx.random.randint(0, 256, (8, 3, *picture_size(plan.soft_tokens))).astype(mx.uint8)
        floats = unit(pixels)
        mx.eval(pixels, floats)
        for rows in (8, 4, 1):
            stock = pieces.best_ms(partial(_evaluate, subject.stock.encode_image, floats[:rows])) / rows
            ours = pieces.best_ms(partial(_evaluate, tower, pixels[:rows])) / rows
            self.say("vision", rows=rows, stock_ms=stock, ours_ms=ours)

    # ------------------------------------------------------------ whole requests, in turns
    def rounds(self, subject: Subject, asked: Sequence[Prepared], plan: Plan) -> None:
        entrants: list[tuple[str, Callable[[], Contender], int]] = [
            ("ours", lambda: Ours(subject.gemma, subject.tokenizer, plan.slots), plan.requests),
            ("continuous", lambda: Continuous(subject.stock, plan.slots), plan.stock_requests),
            ("static", lambda: Static(subject.stock, plan.slots), plan.stock_requests),
            ("ours, many slots", lambda: Ours(subject.gemma, subject.tokenizer, plan.many), plan.many_requests),
            ("one at a time", lambda: OneAtATime(subject.stock), plan.alone_requests),
            ("mlx-vlm's defaults", lambda: Continuous(subject.stock, 32), plan.default_requests),
        ]
        for name, opened, _ in entrants:
            with closing(opened()) as contender:
                longest = max(asked, key=lambda request: len(request.token_ids) + request.max_tokens)
                count = 2 * contender.slots if isinstance(contender, Ours) else 2
                short = [replace(request, max_tokens=4) for request in asked[:count] if request is not longest]
                contender.run([longest, *short] if count > 2 else short)
                chosen = contender.facts if isinstance(contender, Ours) else {}
            self.say("warm", name=name, **chosen)
        took = dict.fromkeys((name for name, _, _ in entrants), 0.0)
        for repeat in range(plan.repeats):
            self.say(
                "steady", step_ms=pieces.step_ms(subject.stock, subject.model, plan.slots, len(asked[0].token_ids))
            )
            for name, opened, count in entrants:
                if self.left_s < 1.2 * took[name] + 10:
                    continue
                took[name] = self._round(name, opened, asked[:count], repeat)

    def _round(self, name: str, opened: Callable[[], Contender], asked: Sequence[Prepared], repeat: int) -> float:
        mx.clear_cache()
        mx.reset_peak_memory()
        with closing(opened()) as contender:
            began = time.perf_counter()
            contender.run(asked)
            seconds = time.perf_counter() - began
            occupancy = contender.occupancy if isinstance(contender, Ours) else None
        self.say(
            "run", name=name, repeat=repeat, requests=len(asked), tokens=answer_tokens(asked), seconds=seconds,
            requests_per_s=len(asked) / seconds, tokens_per_s=answer_tokens(asked) / seconds, occupancy=occupancy,
            peak_bytes=mx.get_peak_memory(),
        )  # fmt: skip
        return seconds

    # ------------------------------------------------------------ whether the numbers are the same
    def nearness(self, subject: Subject, asked: Sequence[Prepared], plan: Plan) -> None:
        """Relative distance of first logits in bfloat16: mlx-vlm alone against mlx-vlm in a batch is the yardstick."""
        few = asked[:8]
        alone = np.concatenate([_stock_logits(subject.stock, [request]) for request in few])
        batched = _stock_logits(subject.stock, few)
        prefill = Prefill(subject.gemma.text, [subject.gemma.prompt(request) for request in few]).advance()
        assert prefill is not None
        ours = np.array(prefill.astype(mx.float32))
        self.say(
            "nearness", mlx_vlm_batched=_distance(alone, batched), ours=_distance(alone, ours),
            same_best={"mlx_vlm_batched": _same(alone, batched), "ours": _same(alone, ours)},
        )  # fmt: skip

    def agreement(self) -> None:
        """Greedy tokens in bfloat16 of the demonstration model, which has learned something: how many rows of mlx-vlm's
        batch equal mlx-vlm alone, and how many of ours do. Lengths are given, so rows go on beyond their answer's end,
        where everything hangs on rounding."""
        gemma = replace(Gemma.load(DEMO, "bfloat16"), stop_ids=frozenset())
        stock = share_weights(load_model(DEMO, lazy=True, strict=True), gemma)
        asked = _questions(Processor.load(DEMO))
        alone = OneAtATime(stock).run(asked)
        batched = Continuous(stock, 8).run(asked)
        with closing(Ours(gemma, DEMO, 8)) as contender:
            ours = contender.run(asked)
        self.say(
            "agreement", rows=len(asked), tokens=ANSWER_TOKENS, mlx_vlm_batched=_agree(alone, batched),
            ours=_agree(alone, ours), ours_and_mlx_vlm_batched=_agree(batched, ours),
        )  # fmt: skip

    # ------------------------------------------------------------ four bits
    def four_bits(self, size: str, asked: Sequence[Prepared], plan: Plan) -> None:
        subject = open_random(size, "4bit", plan.soft_tokens)
        self.say("model", name=subject.name, bytes=subject.gemma.nbytes)
        for rows in (plan.slots, 1):
            profile = of_ours(subject.gemma, rows, len(asked[0].token_ids), compiled=True)
            self._profiled("ours, compiled, 4bit", profile)
        if self.left_s > 30:
            self._round(
                "ours, 4bit", lambda: Ours(subject.gemma, subject.tokenizer, plan.slots), asked[: plan.requests], 0
            )


def captions(model: Model, count: int) -> list[Prepared]:
    """The captions workload; its pictures are 64, encoded each time anew, since random ones take long to make."""
    made = make("captions", model, min(64, count))
    lengths = WORKLOADS["captions"].answer.draw(np.random.default_rng(2), count)
    return [
        replace(made[row % len(made)], key=RequestKey(0, row, 0), max_tokens=int(length))
        for row, length in enumerate(lengths)
    ]


def _evaluate(encode: Callable[[mx.array], mx.array], pixels: mx.array) -> None:
    mx.eval(encode(pixels))


def _ours_prefill_ms(subject: Subject, asked: Sequence[Prepared], rows: int) -> float:
    """Per prompt of text as long as the workload's."""
    longest = max(len(request.token_ids) for request in asked)
    ids = np.random.default_rng(rows).integers(0, subject.model.vocabulary // 2, (rows, longest)).astype(np.int32)
    prompts = [subject.gemma.prompt(replace(asked[0], token_ids=one, images=(), media_keys=())) for one in ids]

    def run() -> None:
        prefill = Prefill(subject.gemma.text, prompts)
        mx.eval(prefill.advance(), prefill.pending)

    return pieces.best_ms(run) / rows


def _questions(processor: Processor) -> list[Prepared]:
    """Sums, and discs of many colours and sizes on white."""
    texts = [f"What is {one} plus {other}?" for one in (2, 3, 5, 7, 8, 9) for other in (1, 4, 6, 8)]
    requests = [
        processor.prepare(RequestKey(0, row, 0), prompt=text, soft_tokens=70, max_tokens=ANSWER_TOKENS)
        for row, text in enumerate(texts)
    ]
    for row, colour in enumerate([(222, 38, 38), (38, 84, 222), (38, 168, 62), (250, 200, 30)] * 6, len(texts)):
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


def _agree(one: Tokens, other: Tokens) -> dict[str, float]:
    """Rows that are equal, and the mean share of a row before its first difference."""
    alike = [
        next((place for place, pair in enumerate(zip(one[key], other[key], strict=True)) if pair[0] != pair[1]), None)
        for key in one
    ]
    shares = [1.0 if place is None else place / ANSWER_TOKENS for place in alike]
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="e2b")
    parser.add_argument("--seconds", type=float, default=520)
    for name, value in vars(Plan()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    arguments = vars(parser.parse_args())
    out, size, seconds = arguments.pop("out"), arguments.pop("size"), arguments.pop("seconds")
    Study(out, seconds).run(size, Plan(**arguments))


if __name__ == "__main__":
    main()
