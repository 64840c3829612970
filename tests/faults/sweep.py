"""Thousands of SIGKILLs: `python -m tests.faults.sweep random --kills 2000`, and `... points --kills 50`.

A job is killed and started again by the same command until it is complete, then another one, until the asked number of
kills is reached: at random moments (of the runner, the worker, both, a preparer), or at every point of
batch/killpoint.py that its scenario passes. Each finished job must be equal to the undisturbed one in every column but
`seconds`, must pass `verify`, and may have computed at most 2 x slots requests again per kill.

`--results FILE` gets a line per job; what is in it already is counted, so the same command goes on where it was
(`--seconds` ends a slice). Prints a table; exit code 1 where any job was wrong. A wrong job's folder is kept.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from batch import killpoint
from batch.errors import BatchError
from batch.ledger.status import read_status
from batch.output.verify import verify
from tests.commands import kill
from tests.faults.scenarios import ENGINES, SCENARIOS, SLOTS, Scenario, output_without_times, prepared
from tests.faults.zygote import Process, Zygote

LIFE_S = 120.0
KILLS_PER_JOB = 12
# A third SIGKILL of a worker during one request alone is that request's fault, by design: see batch/schedule.py.
WORKER_KILLS_PER_JOB = 2
PREPARER_KILLS_PER_JOB = 1
RANDOM = "random"
SHARED = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a killed process does not need a drive's flushes
ONCE_A_LIFE = ("ledger.created", "ledger.planned", "ledger.reopened", "parts.recovered", "worker.spawned",
               "worker.buried", "card.written", "worker.ready")  # fmt: skip
ONLY_IN = {"plan.cut": ("changed",), "ledger.created": ("first",), "ledger.reopened": ("retry",)}


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


class Sweep:
    """Jobs until there were enough kills; results in a file that a later call goes on from."""

    def __init__(self, engine: str, results: Path | None, seed: int, place: Path) -> None:
        self.engine = engine
        self.outcomes = _read(results) if results is not None and results.exists() else []
        self.results = results
        self._seed = seed
        self._place = place
        self.scenarios: dict[str, Scenario] = {}
        self._spans: dict[str, float] = {}

    @contextmanager
    def running(self) -> Iterator["Sweep"]:
        with Zygote(self._place / "zygote", ENGINES[self.engine].modules) as self.zygote:
            yield self

    def killed(self, scenario: str, how: str) -> int:
        return sum(
            one.total for one in self.outcomes if (one.engine, one.scenario, one.how) == (self.engine, scenario, how)
        )

    def jobs(self, scenario: str, how: str) -> int:
        return sum((one.engine, one.scenario, one.how) == (self.engine, scenario, how) for one in self.outcomes)

    def next_target(self, what: str, kills: int) -> tuple[str, str, int] | None:
        """Scenario, point and kills of the next job: where most is left to do; None where nothing is."""
        left = [
            (self.killed(name, how) / wanted, name, how, wanted - self.killed(name, how))
            for name, how, wanted in targets(what, kills)
        ]
        _, name, how, missing = min(left)
        return (name, how, min(KILLS_PER_JOB, missing)) if missing > 0 else None

    def one_job(self, name: str, how: str, most: int) -> Outcome:
        began = time.monotonic()
        if name not in self.scenarios:
            self.scenarios[name] = prepared(name, self.engine, self._place / name, self.zygote)
            self.scenarios[name].begin()
            timed = time.monotonic()
            scenario = self.scenarios[name]
            self.zygote.run(*scenario.arguments, log=self._place / "log", **scenario.engine.environment)
            self._spans[name] = time.monotonic() - timed
            began = time.monotonic()
        seed = self._seed * 1_000_000 + len(self.outcomes)
        outcome = Outcome(self.engine, name, how, seed)
        folder = self._place / "job"
        folder.mkdir()
        torment = Torment(self.scenarios[name], self.zygote, folder, seed)
        if how == RANDOM:
            self._spans[name] = torment.at_random(outcome, self._spans[name], most)
        else:
            torment.at_point(outcome, most)
        outcome.seconds = round(time.monotonic() - began, 3)
        if outcome.wrong:
            kept = Path(tempfile.mkdtemp(prefix="gemma4-batch-wrong-"))
            shutil.copytree(self.scenarios[name].out, kept / "out")
            shutil.copytree(folder, kept / "job")
            outcome.wrong.append(f"kept in {kept}")
        shutil.rmtree(folder)
        self.outcomes.append(outcome)
        if self.results is not None:
            with self.results.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
        return outcome

    def table(self) -> str:
        """Kills and jobs by engine, scenario and point."""
        lines = [f"{'engine':7}{'scenario':10}{'where':22}{'jobs':>6}{'kills':>7}{'wrong':>7}{'again/kill':>12}"]
        keys = dict.fromkeys((one.engine, one.scenario, one.how) for one in sorted(self.outcomes, key=_order))
        for key in keys:
            some = [one for one in self.outcomes if (one.engine, one.scenario, one.how) == key]
            kills, again = sum(one.total for one in some), sum(one.recomputed for one in some)
            wrong = sum(bool(one.wrong) for one in some)
            share = f"{again / kills:.1f}" if kills else "-"
            lines.append(f"{key[0]:7}{key[1]:10}{key[2]:22}{len(some):6}{kills:7}{wrong:7}{share:>12}")
        kills, wrong = sum(one.total for one in self.outcomes), sum(bool(one.wrong) for one in self.outcomes)
        who: Counter[str] = Counter()
        for one in self.outcomes:
            if one.how == RANDOM:
                who.update(one.kills)
        lines.append(f"{kills} kills, {len(self.outcomes)} jobs, {wrong} wrong; at random: {dict(who)}")
        return "\n".join(lines)


def _read(results: Path) -> list[Outcome]:
    return [Outcome(**json.loads(line)) for line in results.read_text().splitlines()]


def _order(one: Outcome) -> tuple[str, str, int]:
    return one.engine, one.scenario, -1 if one.how == RANDOM else killpoint.POINTS.index(one.how)


def targets(what: str, kills: int) -> Iterator[tuple[str, str, int]]:
    """(scenario, how, kills). Half of the random kills fall on the first run."""
    if what == RANDOM:
        for name, share in (("first", 0.5), ("retry", 0.25), ("changed", 0.25)):
            yield name, RANDOM, max(1, round(kills * share))
        return
    for name in SCENARIOS:
        for point in killpoint.POINTS:
            runs_in = ONLY_IN.get(point, SCENARIOS if point in killpoint.RUNNER_POINTS else SCENARIOS[:1])
            if name in runs_in:
                yield name, point, kills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=(RANDOM, "points"))
    parser.add_argument("--kills", type=int, required=True, help="in all, or at every point of every scenario")
    parser.add_argument("--engine", choices=tuple(ENGINES), default="fake")
    parser.add_argument("--results", type=Path, help="a line of JSON per job")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after this long, to go on later")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sweep-", dir=SHARED) as place:
        sweep = Sweep(given.engine, given.results, given.seed, Path(place))
        with sweep.running():
            while time.monotonic() - began < given.seconds and (target := sweep.next_target(given.what, given.kills)):
                outcome = sweep.one_job(*target)
                if outcome.wrong:
                    print(outcome, flush=True)
        print(sweep.table())
    sys.exit(any(one.wrong for one in sweep.outcomes))


if __name__ == "__main__":
    main()
