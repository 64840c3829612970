"""Examples while training: processes make them, a thread brings them to the device, pools keep the latest.

A step samples from the pools, so training never waits for a drawing; the longer it runs the more it has seen.
"""

import os
import queue
import threading
from collections.abc import Iterator
from random import Random

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor

from demo_model.examples import ExampleMaker
from demo_model.lanes import LANES, Lane

CHUNK = {"picture": 32, "pair": 32, "mixed": 32, "speech": 32, "text": 2000}
LONG_CHUNK = 8  # of the lanes with large examples
SHARES = {  # of the examples that one kind of worker makes
    "eyes": {"picture70": 0.36, "picture140": 0.11, "picture280": 0.06, "pair": 0.47},
    "ears": {"speech5": 0.45, "speech10": 0.25, "speech30": 0.05, "mixed": 0.25},
    "text": {"text": 1.0},
}
TEXT_CHUNKS = 1000  # then a text worker has made enough
Made = tuple[str, bool, dict[str, Tensor]]


class Pool:
    """The latest `lane.pool` examples of a lane, on the device."""

    def __init__(self, lane: Lane, size: int, device: torch.device) -> None:
        self.lane, self.size, self.device = lane, size, device
        self.held: dict[str, Tensor] = {}
        self.have = torch.zeros((), device=device)
        self.next, self.filled, self.total = 0, 0, 0

    def put(self, chunk: dict[str, Tensor]) -> None:
        if not self.held:
            self.held = {
                name: torch.zeros((self.size, *tensor.shape[1:]), dtype=tensor.dtype, device=self.device)
                for name, tensor in chunk.items()
            }
        count = len(chunk["ids"])
        if self.next + count > self.size:
            self.next = 0
        for name, tensor in chunk.items():
            self.held[name][self.next : self.next + count].copy_(tensor[: self.size], non_blocking=True)
        self.next += count
        self.total += count
        self.filled = max(self.filled, self.next)
        self.have.fill_(float(self.filled))

    def sample(self, count: int) -> dict[str, Tensor]:
        """`count` examples at random, each with one of its prompts. Draws on the device, so a graph can hold it."""
        index = (torch.rand(count, device=self.device) * self.have).long()
        nth = torch.randint(0, self.lane.asks, (count,), device=self.device)
        return self._rows(index, nth)

    def slice(self, start: int, stop: int) -> dict[str, Tensor]:
        index = torch.arange(start, min(stop, self.filled), device=self.device)
        return self._rows(index, index % self.lane.asks)

    def _rows(self, index: Tensor, nth: Tensor) -> dict[str, Tensor]:
        media = {name: tensor[index] for name, tensor in self.held.items() if name not in ("ids", "meta")}
        return media | {name: self.held[name][index, nth] for name in ("ids", "meta")}


class Makers:
    """The processes that make examples. Start them before anything touches the GPU: they are forked."""

    def __init__(
        self, lanes: tuple[Lane, ...], seed: int, workers: dict[str, int], tests: int, short_clips: int = 0
    ) -> None:
        multiprocessing.set_sharing_strategy("file_system")
        context = multiprocessing.get_context("fork")
        self.made = context.Queue(24)
        self.processes = []
        for role, count in workers.items():
            for index in range(count):
                arguments = (lanes, role, seed, index, count, tests, short_clips, self.made)
                self.processes.append(context.Process(target=_work, args=arguments, daemon=True))
        for process in self.processes:
            process.start()

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()


class Ferry:
    """Moves chunks from the makers to the device on a stream of its own; `unload` puts them into the pools."""

    def __init__(self, makers: Makers, pools: dict[str, Pool], tests: dict[str, Pool], device: torch.device) -> None:
        self.makers, self.pools, self.tests, self.device = makers, pools, tests, device
        self.stream = torch.cuda.Stream() if device.type == "cuda" else None
        self.landed: queue.Queue[Made] = queue.Queue(8)
        self.still = threading.Lock()  # held by whoever captures a graph: nothing else may use the device then
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            name, test, chunk = self.makers.made.get()
            if self.stream is not None:
                with self.still, torch.cuda.stream(self.stream):
                    chunk = {key: tensor.to(self.device) for key, tensor in chunk.items()}
                    self.stream.synchronize()
            self.landed.put((name, test, chunk))

    def unload(self, most: int = 8) -> None:
        for _ in range(most):
            try:
                name, test, chunk = self.landed.get_nowait()
            except queue.Empty:
                return
            (self.tests if test else self.pools)[name].put(chunk)
            if self.stream is not None:  # the copy reads memory that belongs to the other stream
                for tensor in chunk.values():
                    tensor.record_stream(torch.cuda.current_stream())


def _work(
    lanes: tuple[Lane, ...],
    role: str,
    seed: int,
    index: int,
    count: int,
    tests: int,
    short_clips: int,
    made: "queue.Queue[Made]",
) -> None:
    torch.set_num_threads(1)
    os.nice(15)  # the process that trains, and compiles, goes first
    mine = {lane.name: lane for lane in lanes if lane.name in SHARES[role]}
    unseen = ExampleMaker(10_000_000 + index, held_out=True)  # the same for every seed
    for lane in mine.values():
        for chunk in _pieces(lane, -(-tests // count)):
            made.put((lane.name, True, _tensors(unseen, lane, chunk)))
    unique = seed * 1000 + index + 100 * list(SHARES).index(role)
    maker, rng, done = ExampleMaker(unique, short_clips=short_clips), Random(unique), 0
    while role != "text" or done < TEXT_CHUNKS:
        lane = mine[rng.choices(list(SHARES[role]), list(SHARES[role].values()))[0]]
        made.put((lane.name, False, _tensors(maker, lane, min(lane.pool, _chunk(lane)))))
        done += 1


def _tensors(maker: ExampleMaker, lane: Lane, count: int) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in maker.chunk(lane, count).items()}


def _chunk(lane: Lane) -> int:
    large = lane.soft_tokens > 70 or lane.frames > 1024
    return LONG_CHUNK if large else CHUNK[lane.maker]


def _pieces(lane: Lane, total: int) -> Iterator[int]:
    while total > 0:
        yield min(total, 32)
        total -= 32


def make_pools(device: torch.device, lanes: tuple[Lane, ...] = LANES) -> dict[str, Pool]:
    return {lane.name: Pool(lane, lane.pool, device) for lane in lanes}
