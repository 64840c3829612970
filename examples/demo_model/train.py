"""Train the demo model on one GPU (or rehearse on a processor with --small).

    python -m demo_model.train out/ --by 1000          # from nothing; ends 1000 s after the start
    python -m demo_model.train out/ --by 1000          # again: goes on where it stopped
    python -m demo_model.train out/ --by 530 --again 600 1e-3     # two rounds; the first ends 530 s after the start

Examples are made while it trains, on all the processor's cores. A whole step (sample, augment, forward,
backward, AdamW) is one CUDA graph over fixed shapes, since at this size a GPU waits for its launches otherwise.
Training goes in rounds: in each the learning rate rises, then falls along a cosine to nearly nothing, and what the
round has reached is kept in out/round1, out/round2, ... for export.py.
"""

import argparse
import json
import math
import os
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from demo_model.batch import prepare
from demo_model.examples import KINDS
from demo_model.flat import Flat
from demo_model.lanes import LANES, Lane, shrunk
from demo_model.mel import Mel
from demo_model.network.gemma import Gemma4
from demo_model.pools import Ferry, Makers, Pool, make_pools
from demo_model.rows import BASE, RowMaker
from demo_model.step import forward, losses, right

WARM_STEPS = 150
# Who has never heard anything begins with clean and short recordings:
EASY, HARD = 0.12, 0.4  # shares of the first round between which the distortions of speech come in
SHORT_CLIPS = 4000  # recordings of one or two words that each worker begins with
LAST_RATE = 0.01  # of the peak
ENOUGH = {"picture70": 400, "picture140": 60, "picture280": 30, "pair": 250, "mixed": 300, "speech5": 1500,
          "speech10": 300, "speech30": 30, "text": 10_000}  # examples to begin with  # fmt: skip


@dataclass
class Progress:
    """How far training is; saved beside the weights. Steps and seconds of all rounds, and of this one."""

    from_nothing: bool = True  # not from a checkpoint that already hears (adopt.py)
    step: int = 0
    seconds: float = 0.0
    round: int = 0
    round_step: int = 0
    round_seconds: float = 0.0

    def next_round(self) -> None:
        self.round, self.round_step, self.round_seconds = self.round + 1, 0, 0.0


class Trainer:
    def __init__(
        self, lanes: tuple[Lane, ...], pools: dict[str, Pool], device: torch.device, dtype: torch.dtype
    ) -> None:
        self.lanes, self.pools, self.device = lanes, pools, device
        config = json.loads((BASE / "config.json").read_text())
        self.model = Gemma4(config).to(device)
        self.flat = Flat(self.model, device, dtype)
        self.mel, self.ids = Mel().to(device), RowMaker()
        self.losses = torch.zeros(len(lanes), device=device)
        self.strength = torch.zeros((), device=device)  # of the distortions of speech
        self.graph: torch.cuda.CUDAGraph | None = None

    def step(self) -> None:
        if self.graph is None:
            self._step()
        else:
            self.graph.replay()

    def capture(self) -> None:
        """Record a step. What it did while warming up were steps too."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self._step()
        torch.cuda.current_stream().wait_stream(side)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            self._step()
        self.graph = graph

    def _step(self) -> None:
        batches = [
            (lane, prepare(self.pools[lane.name].sample(lane.batch), lane, self.mel, self.strength))
            for lane in self.lanes
        ]
        each = losses(forward(self.model, batches, self.ids.image, self.ids.audio))
        rows = sum(lane.batch for lane in self.lanes)
        total = sum(loss * (lane.weight * lane.batch / rows * 3.0) for loss, lane in zip(each, self.lanes, strict=True))
        total.backward()  # type: ignore[union-attr]
        self.losses += torch.stack([loss.detach() for loss in each])
        self.flat.update()

    @torch.no_grad()
    @torch.compiler.set_stance("force_eager")  # its shapes are others, and not worth compiling
    def test(self, tests: dict[str, Pool], lanes: tuple[Lane, ...], rows: int = 64) -> dict[str, tuple[float, int]]:
        """Share of the held-out asks answered right, and their number, by lane and kind."""
        good: Counter[str] = Counter()
        asked: Counter[str] = Counter()
        for lane in lanes:
            pool = tests[lane.name]
            for start in range(0, pool.filled, rows):
                batch = prepare(pool.slice(start, start + rows), lane, self.mel, None)
                ((logits, target),) = forward(self.model, [(lane, batch)], self.ids.image, self.ids.audio)
                for kind, hit in zip(batch.meta[:, 3].tolist(), right(logits, target).tolist(), strict=True):
                    for name in (lane.name, f"{lane.name}.{KINDS[kind]}"):
                        good[name] += hit
                        asked[name] += 1
        return {name: (good[name] / count, count) for name, count in sorted(asked.items())}


def fill(ferry: Ferry, pools: dict[str, Pool], need: dict[str, int]) -> None:
    """Wait until every pool holds what is needed."""
    while any(pools[name].filled < count for name, count in need.items()):
        ferry.unload()
        time.sleep(0.02)


def rate(peak: float, step: int, share: float) -> float:
    warm = min(1.0, (step + 1) / WARM_STEPS)
    return peak * warm * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def save(out: Path, trainer: Trainer, progress: Progress, curve: list[dict[str, object]]) -> None:
    trainer.flat.save(out)
    (out / "progress.json").write_text(json.dumps(asdict(progress)))
    (out / "curve.json").write_text(json.dumps(curve, indent=1))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="where checkpoints go, and come from when it is run again")
    parser.add_argument("--seconds", type=float, default=1200.0, help="of the first round, without the start")
    parser.add_argument("--by", type=float, help="end the first round so long after the start instead")
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate of the first round")
    parser.add_argument("--again", type=float, nargs=2, action="append", default=[], metavar=("SECONDS", "RATE"),
                        help="a round more")  # fmt: skip
    parser.add_argument("--stop-after", type=float, default=1e9, help="end this run after so many seconds and save")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, nargs=2, default=(7, 7), metavar=("EYES", "EARS"))
    parser.add_argument("--tests", type=int, default=384, help="held-out examples a lane")
    parser.add_argument("--test-every", type=float, default=60.0, help="seconds")
    parser.add_argument("--pools", type=float, default=1.0, help="share of each pool to keep, for a smaller device")
    parser.add_argument("--plain", action="store_true", help="do not compile the layers: a quick start, slower steps")
    parser.add_argument("--small", action="store_true", help="tiny batches, to rehearse without a GPU")
    return parser.parse_args()


def main() -> None:
    began, args = time.monotonic(), options()
    args.out.mkdir(parents=True, exist_ok=True)
    lanes = tuple(shrunk(lane) for lane in LANES) if args.small else LANES
    lanes = tuple(replace(lane, pool=max(1, round(lane.pool * args.pools))) for lane in lanes)
    done = json.loads((args.out / "progress.json").read_text()) if (args.out / "progress.json").exists() else {}
    progress = Progress(**done)
    workers = {"text": 2, "eyes": args.workers[0], "ears": args.workers[1]}
    short_clips = SHORT_CLIPS if progress.from_nothing and not progress.step else 0
    makers = Makers(lanes, args.seed + progress.step, workers, args.tests, short_clips)  # forked, so before CUDA starts
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(args.seed + progress.step)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.enable_cudnn_sdp(False)  # it compiles a plan for every shape, for longer than it saves
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    pools = make_pools(device, lanes)
    tests = {lane.name: Pool(lane, -(-args.tests // 32) * 32 + 32 * max(workers.values()), device) for lane in lanes}
    ferry = Ferry(makers, pools, tests, device)
    trainer = Trainer(lanes, pools, device, torch.bfloat16 if device.type == "cuda" else torch.float32)
    print(f"{trainer.flat.master.numel():,} parameters, ready after {time.monotonic() - began:.0f} s", flush=True)
    if device.type == "cuda" and not args.plain:
        trainer.model.compile_layers()
    curve: list[dict[str, object]] = []
    if done:
        trainer.flat.load(args.out)
        curve = json.loads((args.out / "curve.json").read_text())
    ready(trainer, ferry, pools, began, small=args.small)
    first = args.seconds if args.by is None else args.by - (time.monotonic() - began) + progress.round_seconds
    rounds = [(first, args.rate), *args.again]
    run = Run(trainer, ferry, tests, lanes, progress, curve, args.out)
    run.train(rounds, args.test_every, began + args.stop_after)
    totals = {name: pool.total for name, pool in pools.items()}
    finished = "finished" if progress.round == len(rounds) else "to be continued"
    print(f"made {totals}; {time.monotonic() - began:.0f} s in all; {finished}", flush=True)
    makers.stop()
    os._exit(0)  # the threads that feed a queue would wait for ever


def ready(trainer: Trainer, ferry: Ferry, pools: dict[str, Pool], began: float, *, small: bool) -> None:
    """Wait for the first examples, record a step on a GPU, wait for enough examples."""
    fill(ferry, pools, dict.fromkeys(pools, 1))
    if trainer.device.type == "cuda":
        with ferry.still:
            trainer.capture()
        held = torch.cuda.max_memory_reserved() / 1e9
        print(f"step captured after {time.monotonic() - began:.0f} s; {held:.0f} GB of the device at most", flush=True)
    if not small:
        fill(ferry, pools, ENOUGH)
    filled = {name: pool.filled for name, pool in pools.items()}
    print(f"first step after {time.monotonic() - began:.0f} s with {filled}", flush=True)


@dataclass
class Run:
    """Training from where `progress` is, with its tests and its checkpoints."""

    trainer: Trainer
    ferry: Ferry
    tests: dict[str, Pool]
    lanes: tuple[Lane, ...]
    progress: Progress
    curve: list[dict[str, object]]
    out: Path

    def train(self, rounds: list[tuple[float, float]], test_every: float, stop_at: float) -> None:
        """`rounds`: seconds and highest learning rate of each."""
        progress, before, tested = self.progress, time.monotonic(), time.monotonic()
        logged, logged_step = before, progress.step
        while progress.round < len(rounds) and before < stop_at:
            now = time.monotonic()
            progress.seconds += now - before
            progress.round_seconds += now - before
            before = now
            seconds, peak = rounds[progress.round]
            share = progress.round_seconds / seconds
            if share >= 1:
                self.end_round()
                before = tested = time.monotonic()
                continue
            self.step(share, peak)
            if now - logged >= 10:
                report(self.trainer, progress, now - logged, progress.step - 1 - logged_step)
                logged, logged_step = now, progress.step
            if now - tested >= test_every:
                tested = time.monotonic()
                self.check()
        save(self.out, self.trainer, progress, self.curve)

    def step(self, share: float, peak: float) -> None:
        progress, trainer = self.progress, self.trainer
        eased = progress.from_nothing and progress.round == 0
        trainer.strength.fill_(min(1.0, max(0.0, (share - EASY) / (HARD - EASY))) if eased else 1.0)
        trainer.flat.rate.fill_(rate(peak, progress.round_step, share))
        self.ferry.unload()
        trainer.step()
        progress.step += 1
        progress.round_step += 1
        if progress.step % 16 == 0 and trainer.device.type == "cuda":
            torch.cuda.synchronize()  # keeps the clock honest and the pools fresh

    def check(self) -> None:
        self.curve.append(score(self.trainer, self.tests, self.progress, self.lanes))
        save(self.out, self.trainer, self.progress, self.curve)

    def end_round(self) -> None:
        self.curve.append(score(self.trainer, self.tests, self.progress, self.lanes))
        self.progress.next_round()
        for folder in (self.out, self.out / f"round{self.progress.round}"):
            save(folder, self.trainer, self.progress, self.curve)
        print(f"round {self.progress.round} is over after {self.progress.seconds:.0f} s of training", flush=True)


def report(trainer: Trainer, progress: Progress, seconds: float, steps: int) -> None:
    mean = (trainer.losses / max(1, steps)).tolist()
    trainer.losses.zero_()
    parts = " ".join(f"{lane.name} {loss:.3f}" for lane, loss in zip(trainer.lanes, mean, strict=True))
    print(
        f"step {progress.step} {progress.seconds:.0f} s {1000 * seconds / max(1, steps):.1f} ms "
        f"norm {trainer.flat.norm.item():.2f} {parts}",
        flush=True,
    )


def score(trainer: Trainer, tests: dict[str, Pool], progress: Progress, lanes: tuple[Lane, ...]) -> dict[str, object]:
    began = time.monotonic()
    found = trainer.test(tests, lanes)
    shown = " ".join(f"{name} {share:.3f}" for name, (share, _) in found.items())
    print(f"held out at step {progress.step} ({time.monotonic() - began:.1f} s): {shown}", flush=True)
    right_now: dict[str, object] = {name: [round(share, 4), count] for name, (share, count) in found.items()}
    return {"step": progress.step, "seconds": round(progress.seconds, 1)} | right_now


if __name__ == "__main__":
    main()
