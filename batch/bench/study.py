"""The study on a fast device, `python -m batch.bench.study OUT.jsonl`: docs/performance.md has its figures.

Random weights of a published size, the captions workload, all contenders in one process and in turns. Every finding is
a line of JSON as soon as it is there. `--seconds` is how long this process may take: nothing is begun that would take
longer than what is left. Given the same OUT.jsonl again it goes on where it stopped; a round of all contenders is run
whole or not at all, so that ratios are of one process.
"""

import argparse
import gc
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np

from batch.bench import machine_facts
from batch.bench.contenders.contender import Contender
from batch.bench.contenders.continuous import Continuous
from batch.bench.contenders.one_at_a_time import OneAtATime
from batch.bench.contenders.ours import Ours
from batch.bench.contenders.static import Static
from batch.bench.findings import Findings
from batch.bench.measures import loop_profile, nearness, pieces
from batch.bench.measures.decode_profile import Profile, of_ours, of_stock
from batch.bench.subject import Subject, open_random
from batch.bench.workloads import WORKLOADS, Model, answer_tokens, make, picture_size
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.decoding.vision import VisionTower, unit
from batch.prepared import Prepared
from batch.records import RequestKey

DEFAULT_SLOTS = 32  # mlx-vlm's own
PIECES_S, START_S = 15.0, 75.0  # before a round; and in a process that has to load and compile first


@dataclass(frozen=True)
class Plan:
    """How much of each. `slots`: as many as mlx-vlm is given; `many`: 0 lets the engine choose."""

    slots: int = 64
    many: int = 0
    requests: int = 2000
    stock_requests: int = 256
    alone_requests: int = 32
    profiled_requests: int = 256
    repeats: int = 3
    soft_tokens: int = 280


class Study:
    """Its parts, the weightiest first. Each is named as its findings are, and has the seconds it is reckoned to take
    where no earlier one says it."""

    def __init__(self, findings: Findings, size: str, plan: Plan) -> None:
        self._findings = findings
        self._size = size
        self._plan = plan
        self._subject: Subject | None = None
        self._asked: list[Prepared] = []
        self._warm: set[str] = set()

    def run(self) -> None:
        say, plan = self._findings.say, self._plan
        say("machine", **machine_facts.facts(), device=mx.device_info().get("device_name"), plan=vars(plan))
        rounds = [(f"round {repeat}", partial(self.round, repeat), 240.0) for repeat in range(plan.repeats)]
        parts: list[tuple[str, Callable[[], None], float]] = [
            rounds[0], ("tokens in bfloat16", partial(self.agreement, "bfloat16"), 110.0), *rounds[1:],
            ("steps", self.steps, 60.0), ("vision", self.vision, 25.0), ("loop", self.loop, 60.0),
            ("nearness", self.nearness, 25.0), ("four bits", self.four_bits, 70.0),
            ("tokens in float32", partial(self.agreement, "float32"), 70.0),
        ]  # fmt: skip
        for name, part, reckoned_s in parts:
            if name in ("four bits", "tokens in float32"):
                self._forget()
            if self._findings.of("part", part=name, failed=None):
                continue
            needed_s = (self._round_s() or reckoned_s) if name.startswith("round") else reckoned_s
            if self._findings.left_s < needed_s:
                say("no time", part=name, left_s=self._findings.left_s, needed_s=needed_s)
                continue
            self._guarded(name, part)
        say("done")

    def _round_s(self) -> float:
        """What the next round needs, by the last one's runs; 0 before the first."""
        last = max((line["repeat"] for line in self._findings.of("run")), default=0)
        runs_s: float = sum(line["seconds"] for line in self._findings.of("run", repeat=last))
        return 1.08 * runs_s + (PIECES_S if self._warm else START_S) if runs_s else 0.0

    def _guarded(self, name: str, part: Callable[[], None]) -> None:
        began, failed = self._findings.left_s, None
        try:
            part()
        except Exception as error:  # the other parts are worth having
            failed = f"{type(error).__name__}: {error}"[:500]
        self._findings.say("part", part=name, seconds=began - self._findings.left_s, failed=failed)

    @property
    def subject(self) -> Subject:
        """Random weights, made when they are first asked for."""
        if self._subject is None:
            self._subject = open_random(self._size, "bf16", self._plan.soft_tokens)
            self._asked = captions(self._subject.model, self._plan.requests)
            gemma = self._subject.gemma
            mean = answer_tokens(self._asked) / len(self._asked)
            self._findings.say("model", name=self._subject.name, bytes=gemma.nbytes, mean_tokens=mean)
        return self._subject

    def _forget(self) -> None:
        self._subject = None
        gc.collect()
        mx.clear_cache()

    # ------------------------------------------------------------ whole requests, in turns
    def round(self, repeat: int) -> None:
        """Every contender once, and mlx-vlm's own pieces right before."""
        subject, plan = self.subject, self._plan
        entrants: list[tuple[str, Callable[[], Contender], int]] = [
            ("ours", lambda: Ours(subject.gemma, subject.tokenizer, plan.slots), plan.requests),
            ("continuous", lambda: Continuous(subject.stock, plan.slots), plan.stock_requests),
            ("static", lambda: Static(subject.stock, plan.slots), plan.stock_requests),
            ("ours, many slots", lambda: Ours(subject.gemma, subject.tokenizer, plan.many), plan.requests),
            ("mlx-vlm's defaults", lambda: Continuous(subject.stock, DEFAULT_SLOTS), plan.stock_requests),
            ("one at a time", lambda: OneAtATime(subject.stock), plan.alone_requests),
        ]
        for name, opened, _ in entrants:
            if name not in self._warm:
                self._warm_up(name, opened)
        found = pieces.measure(subject.stock, subject.model, self._asked, plan.slots)
        limit = len(self._asked) / found.limit_s(self._asked)
        self._findings.say("pieces", repeat=repeat, **found.as_object(), limit_requests_per_s=limit)
        for name, opened, count in entrants:
            self._contend(name, opened, self._asked[:count], repeat)

    def _warm_up(self, name: str, opened: Callable[[], Contender]) -> None:
        """Shapes as in the run: what is compiled is compiled."""
        with closing(opened()) as contender:
            if isinstance(contender, Ours):
                chosen = {"expected_bytes": contender.rehearse(self._asked), **contender.facts}
            else:
                contender.run([replace(request, max_tokens=4) for request in self._asked[:2]])
                chosen = {}
        self._warm.add(name)
        self._findings.say("warm", name=name, **chosen)

    def _contend(
        self, name: str, opened: Callable[[], Contender], asked: Sequence[Prepared], repeat: int, what: str = "run"
    ) -> None:
        mx.clear_cache()
        mx.reset_peak_memory()
        with closing(opened()) as contender:
            began = self._findings.left_s
            contender.run(asked)
            seconds = began - self._findings.left_s
            occupancy = contender.occupancy if isinstance(contender, Ours) else None
        tokens = answer_tokens(asked)
        self._findings.say(
            what, name=name, repeat=repeat, requests=len(asked), tokens=tokens, seconds=seconds,
            requests_per_s=len(asked) / seconds, tokens_per_s=tokens / seconds, occupancy=occupancy,
            peak_bytes=mx.get_peak_memory(),
        )  # fmt: skip

    # ------------------------------------------------------------ the pieces, before and after
    def steps(self) -> None:
        """What a decode step is made of, and a prefill."""
        subject, plan = self.subject, self._plan
        length = len(self._asked[0].token_ids)
        for rows in (plan.slots, 2 * plan.slots, 4 * plan.slots, 1):
            self._profiled("ours, compiled", of_ours(subject.gemma, rows, length, compiled=True))
        self._profiled("mlx-vlm", of_stock(subject.stock, plan.slots, length))
        self._profiled("ours, not compiled", of_ours(subject.gemma, plan.slots, length, compiled=False))
        self._profiled("mlx-vlm", of_stock(subject.stock, 1, length))
        for rows in (1, 8, 16):
            self._findings.say("prefill", rows=rows, ours_ms=_ours_prefill_ms(subject, self._asked, rows))

    def _profiled(self, whose: str, profile: Profile) -> None:
        self._findings.say("step", whose=whose, **vars(profile))

    def vision(self) -> None:
        subject = self.subject
        tower = VisionTower(subject.gemma.model)
        pixels = mx.random.randint(0, 256, (8, 3, *picture_size(self._plan.soft_tokens))).astype(mx.uint8)
        floats = unit(pixels)
        mx.eval(pixels, floats)
        for rows in (8, 4, 1):
            stock = pieces.best_ms(partial(_evaluate, subject.stock.encode_image, floats[:rows])) / rows
            ours = pieces.best_ms(partial(_evaluate, tower, pixels[:rows])) / rows
            self._findings.say("vision", rows=rows, stock_ms=stock, ours_ms=ours)

    def loop(self) -> None:
        """Where a request's time goes that is in none of the pieces."""
        subject, plan = self.subject, self._plan
        asked = self._asked[: plan.profiled_requests]
        self._findings.say("loop", slots=plan.slots, **loop_profile.without_this_and_that(subject, asked, plan.slots))
        functions = loop_profile.host_functions(subject, asked[: len(asked) // 2], plan.slots)
        self._findings.say("host", slots=plan.slots, functions=functions)

    # ------------------------------------------------------------ whether the numbers are the same; four bits
    def nearness(self) -> None:
        subject = self.subject
        self._findings.say("nearness", **nearness.of_logits(subject, self._asked[:8]))

    def agreement(self, dtype: Any) -> None:
        self._findings.say("agreement", **nearness.of_tokens(dtype))

    def four_bits(self) -> None:
        """Beside bfloat16 in the same minute: both in turns."""
        plan = self._plan
        asked = self._asked or captions(self.subject.model, plan.requests)
        for precision in ("4bit", "bf16", "4bit", "bf16"):
            self._forget()
            subject = open_random(self._size, precision, plan.soft_tokens)
            length = len(asked[0].token_ids)
            for rows in (plan.slots, 1):
                self._profiled(f"ours, {precision}", of_ours(subject.gemma, rows, length, compiled=True))
            opened = partial(Ours, subject.gemma, subject.tokenizer, plan.slots)
            some = asked[: plan.profiled_requests]
            self._warm_up(f"ours, {precision}", opened)
            self._contend(f"ours, {precision}", opened, some, 0, "run of a precision")
            self._findings.say("weights", precision=precision, bytes=subject.gemma.nbytes)
            del subject, opened


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="e2b")
    parser.add_argument("--seconds", type=float, default=520)
    for name, value in vars(Plan()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    arguments = vars(parser.parse_args())
    out, size, seconds = arguments.pop("out"), arguments.pop("size"), arguments.pop("seconds")
    Study(Findings(out, seconds), size, Plan(**arguments)).run()


if __name__ == "__main__":
    main()
