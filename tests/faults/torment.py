"""Kills one job again and again, starts it again by the same command until it is whole, and judges what came out."""

import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from batch import killpoint
from batch.errors import BatchError
from batch.ledger.status import read_status
from batch.output.verify import verify
from tests.commands import kill
from tests.faults.scenarios import SLOTS, Scenario, output_without_times
from tests.faults.zygote import Process, Zygote

LIFE_S = 120.0
KILLS_PER_JOB = 12
# A third SIGKILL of a worker during one request alone, or of a preparer on one row, is its fault, by design: see
# batch/schedule.py and batch/prepare/pool.py.
WORKER_KILLS_PER_JOB = 2
PREPARER_KILLS_PER_JOB = 2
ONCE_A_LIFE = ("ledger.created", "ledger.planned", "ledger.reopened", "parts.recovered", "worker.spawned",
               "worker.buried", "card.written", "worker.ready")  # fmt: skip


@dataclass
class Outcome:
    """One job: how it was killed, and what was wrong with it in the end (nothing, hopefully)."""

    engine: str
    scenario: str
    how: str
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    recomputed: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.kills.values())


class Torment:
    """Kills one job until it is whole."""

    def __init__(self, scenario: Scenario, zygote: Zygote, folder: Path, seed: int) -> None:
        self._scenario = scenario
        self._zygote = zygote
        self._folder = folder
        self._random = random.Random(seed)
        self._kills: Counter[str] = Counter()
        self._before = 0  # kills when the last life ended

    def at_random(self, outcome: Outcome, span_s: float, most: int) -> float:
        """At random moments of the first `span_s` of each life. Returns the span for the next job: shorter where lives
        ended before their moment came, so that a job is killed several times, also on a machine that speeds up."""
        self._scenario.begin()
        while True:
            life = self._start()
            while (who := self._next_victim(most)) is not None:
                if _ended(life, self._random.uniform(0, span_s)):
                    span_s *= 0.8
                    break
                span_s *= 1.04  # progress is certain in the end
                if self._strike(life, who):
                    life.wait(30)
                    break
            if self._over(life, outcome):
                break
        self.judge(outcome)
        return span_s

    def _next_victim(self, most: int) -> str | None:
        if self._kills.total() >= most:
            return None
        victims = ["runner", "both"]
        if self._kills["worker"] < WORKER_KILLS_PER_JOB:
            victims.append("worker")
        if self._kills["preparer"] < PREPARER_KILLS_PER_JOB:
            victims.append("preparer")
        return self._random.choice(victims)

    def _strike(self, life: Process, who: str) -> bool:
        """Kills, and says whether the runner is among the dead."""
        workers = self._zygote.children_of(life.pid)
        preparers = [pid for worker in workers for pid in self._zygote.children_of(worker)]
        pids = {"runner": [life.pid], "worker": workers, "both": [*workers, life.pid], "preparer": preparers}[who]
        if life.poll() is not None or not pids:
            return False
        kill(*pids)
        self._kills[who] += 1
        return life.pid in pids

    def at_point(self, outcome: Outcome, most: int) -> None:
        """At the same named point in one life after the other."""
        self._scenario.begin()
        own = outcome.how in killpoint.RUNNER_POINTS
        buried = outcome.how == "worker.buried"
        most = min(most, WORKER_KILLS_PER_JOB if buried else KILLS_PER_JOB if own else PREPARER_KILLS_PER_JOB)
        token = self._folder / "token"
        while True:
            if self._kills.total() < most:
                token.touch()
            count = 1 if outcome.how in ONCE_A_LIFE else self._random.choice((1, 1, 1, 2, 3, 5, 8))
            life = self._start(**{killpoint.VARIABLE: f"{outcome.how}:{count}:{token}"})
            if buried and self._kills.total() < most:
                self._kill_the_worker_at_work(life)
            _ended(life, LIFE_S)
            if not token.exists() and self._kills.total() < most:
                self._kills[outcome.how] += 1
            elif token.exists() and life.poll() == 0:
                token.unlink()
            if self._over(life, outcome):
                break
        self.judge(outcome)

    def _kill_the_worker_at_work(self, life: Process) -> None:
        """Once it has begun a request; before, its death ends the run."""
        while not _ended(life, 0.005):
            try:
                if read_status(self._scenario.out).in_flight:
                    kill(*self._zygote.children_of(life.pid))
                    return
            except BatchError:
                continue  # the ledger is not there yet

    def _start(self, **environment: str) -> Process:
        scenario = self._scenario
        log = self._folder / "log"
        return self._zygote.start(*scenario.arguments, log=log, **scenario.engine.environment, **environment)

    def _over(self, life: Process, outcome: Outcome) -> bool:
        """Complete, or hopeless; a runner whose worker was killed before it had begun ends with exit code 1."""
        if not _ended(life, LIFE_S):
            life.kill()
            outcome.wrong.append(f"no end after {LIFE_S} s")
            return True
        if life.returncode == 0:
            return True
        unprovoked = self._kills.total() == self._before
        self._before = self._kills.total()
        if life.returncode not in (-9, 1) or unprovoked:
            outcome.wrong.append(f"exit code {life.returncode}: {(self._folder / 'log').read_text()[-1000:]}")
            return True
        return False

    def judge(self, outcome: Outcome) -> None:
        outcome.kills = dict(self._kills)
        if outcome.wrong:
            return
        out, expected = self._scenario.out, self._scenario.expected
        found = output_without_times(out)
        if not found.equals(expected):
            outcome.wrong.append(f"another output: {_first_difference(found.to_pylist(), expected.to_pylist())}")
        outcome.wrong += [f"{one.where}: {one.what}" for one in verify(out).differences]
        outcome.recomputed = read_status(out).recomputed
        if outcome.recomputed > 2 * SLOTS * outcome.total:
            outcome.wrong.append(f"{outcome.recomputed} requests computed again after {outcome.total} kills")


def _ended(life: Process, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while life.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    return life.poll() is not None


def _first_difference(found: list[object], expected: list[object]) -> str:
    pairs = [(is_, should) for is_, should in zip(found, expected, strict=False) if is_ != should]
    return f"{pairs[0][0]} in place of {pairs[0][1]}" if pairs else f"{len(found)} rows in place of {len(expected)}"
