"""Thousands of SIGKILLs: `python -m tests.faults.sweep random --kills 2000`, and `... points --kills 50`.

A job is killed and started again by the same command until it is complete, then another one, until the asked number of
kills is reached: at random moments (of the runner, the worker, both, a preparer), or at every point of
batch/killpoint.py that its scenario passes. Each finished job must be equal to the undisturbed one in every column but
`seconds`, must pass `verify`, and may have computed at most 2 x slots requests again per kill.

`--results FOLDER` gets a line per job; what is in it already is counted, so the same command goes on where it was
(`--seconds` ends a slice). `--processes N` shares the kills out; each process has its own jobs and its own file there.
Prints a table of all that the folder holds; exit code 1 where any job was wrong or kills are missing. A wrong job's
folder is kept, in FOLDER where there is one.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from batch import killpoint
from tests.faults.scenarios import ENGINES, SCENARIOS, Scenario, prepared
from tests.faults.torment import KILLS_PER_JOB, Outcome, Torment
from tests.faults.zygote import Zygote

RANDOM = "random"
SHARED = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a killed process does not need a drive's flushes
ONLY_IN = {"plan.cut": ("changed",), "ledger.created": ("first",), "ledger.reopened": ("retry",)}
SEEDS = 1_000_000


@dataclass(frozen=True)
class Share:
    """One of `of` processes that do a sweep together; `number` counts from 0."""

    number: int = 0
    of: int = 1

    def part(self, kills: int) -> int:
        """Its part of so many kills: all parts together are `kills`."""
        return (kills + self.of - 1 - self.number) // self.of

    @property
    def file_name(self) -> str:
        return f"{self.number + 1}-of-{self.of}.jsonl"


class Sweep:
    """Jobs until there were enough kills; results in a file that a later call goes on from."""

    def __init__(self, engine: str, results: Path | None, seed: int, place: Path) -> None:
        self.engine = engine
        self.outcomes = read_outcomes(results) if results is not None and results.exists() else []
        self.results = results
        self._seed = seed
        self._place = place
        self.scenarios: dict[str, Scenario] = {}
        self._spans: dict[str, float] = {}

    @contextmanager
    def running(self) -> Iterator["Sweep"]:
        with Zygote(self._place / "zygote", ENGINES[self.engine].modules) as self.zygote:
            yield self

    def next_target(self, wanted: Sequence[tuple[str, str, int]]) -> tuple[str, str, int] | None:
        """Scenario, point and kills of the next job: where most is left to do; None where nothing is."""
        had = {(name, how): killed(self.outcomes, self.engine, name, how) for name, how, _ in wanted}
        left = [(had[name, how] / kills, name, how, kills - had[name, how]) for name, how, kills in wanted if kills]
        if not left:
            return None
        _, name, how, missing = min(left)
        return (name, how, min(KILLS_PER_JOB, missing)) if missing > 0 else None

    def one_job(self, name: str, how: str, most: int) -> Outcome:
        if name not in self.scenarios:
            self._prepare(name)
        began = time.monotonic()
        seed = self._seed * SEEDS + len(self.outcomes)
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
            self._keep(outcome, folder)
        shutil.rmtree(folder)
        self.outcomes.append(outcome)
        if self.results is not None:
            with self.results.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")
        return outcome

    def _prepare(self, name: str) -> None:
        self.scenarios[name] = scenario = prepared(name, self.engine, self._place / name, self.zygote)
        scenario.begin()
        began = time.monotonic()
        self.zygote.run(*scenario.arguments, log=self._place / "log", **scenario.engine.environment)
        self._spans[name] = time.monotonic() - began

    def _keep(self, outcome: Outcome, folder: Path) -> None:
        kept = Path(tempfile.mkdtemp(prefix="wrong-", dir=self.results.parent if self.results else None))
        shutil.copytree(self.scenarios[outcome.scenario].out, kept / "out")
        shutil.copytree(folder, kept / "job")
        outcome.wrong.append(f"kept in {kept}")


def killed(outcomes: Sequence[Outcome], engine: str, scenario: str, how: str) -> int:
    return sum(one.total for one in outcomes if (one.engine, one.scenario, one.how) == (engine, scenario, how))


def read_outcomes(results: Path) -> list[Outcome]:
    """Those of a file, or of all the files of a folder."""
    files = sorted(results.glob("*.jsonl")) if results.is_dir() else [results]
    return [Outcome(**json.loads(line)) for file in files for line in file.read_text().splitlines()]


def table(outcomes: Sequence[Outcome]) -> str:
    """Kills and jobs by engine, scenario and point."""
    lines = [f"{'engine':7}{'scenario':10}{'where':22}{'jobs':>6}{'kills':>7}{'wrong':>7}{'again/kill':>12}"]
    for key in dict.fromkeys((one.engine, one.scenario, one.how) for one in sorted(outcomes, key=_order)):
        some = [one for one in outcomes if (one.engine, one.scenario, one.how) == key]
        lines.append(f"{key[0]:7}{key[1]:10}{key[2]:22}{_sums(some)}")
    for engine in ENGINES:
        some = [one for one in outcomes if one.engine == engine]
        who: Counter[str] = Counter()
        for one in some:
            if one.how == RANDOM:
                who.update(one.kills)
        if some:
            lines.append(f"{engine:7}{'all':32}{_sums(some)}; at random: {dict(who)}")
    return "\n".join(lines)


def _sums(some: Sequence[Outcome]) -> str:
    kills, again = sum(one.total for one in some), sum(one.recomputed for one in some)
    share = f"{again / kills:.1f}" if kills else "-"
    return f"{len(some):6}{kills:7}{sum(bool(one.wrong) for one in some):7}{share:>12}"


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


def sweep_share(given: argparse.Namespace, share: Share) -> list[Outcome]:
    """One process's part of it."""
    began = time.monotonic()
    results = None if given.results is None else given.results / share.file_name
    wanted = [(name, how, share.part(kills)) for name, how, kills in targets(given.what, given.kills)]
    with tempfile.TemporaryDirectory(prefix="sweep-", dir=SHARED) as place:
        sweep = Sweep(given.engine, results, given.seed * 1000 + share.number, Path(place))
        with sweep.running():
            while time.monotonic() - began < given.seconds and (target := sweep.next_target(wanted)):
                outcome = sweep.one_job(*target)
                if outcome.wrong:
                    print(outcome, flush=True)
        return sweep.outcomes


def sweep_together(given: argparse.Namespace) -> list[Outcome]:
    """All shares, each in a process of its own."""
    arguments = [given.what, "--kills", given.kills, "--engine", given.engine, "--results", given.results,
                 "--seconds", given.seconds, "--seed", given.seed, "--processes", given.processes]  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.sweep", *map(str, arguments)]
    shares = [subprocess.Popen([*command, "--share", str(number)]) for number in range(given.processes)]
    for share in shares:
        share.wait()
    return read_outcomes(given.results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=(RANDOM, "points"))
    parser.add_argument("--kills", type=int, required=True, help="in all, or at every point of every scenario")
    parser.add_argument("--engine", choices=tuple(ENGINES), default="fake")
    parser.add_argument("--results", type=Path, help="a folder: a line of JSON per job")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after this long, to go on later")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="the same number when going on")
    parser.add_argument("--share", type=int, help="do only the share of this process, counted from 0")
    given = parser.parse_args()
    if given.results is None and given.processes > 1:
        parser.error("--processes needs --results")
    if given.results is not None:
        given.results.mkdir(parents=True, exist_ok=True)
    if given.share is not None or given.processes == 1:
        outcomes = sweep_share(given, Share(given.share or 0, given.processes))
    else:
        outcomes = sweep_together(given)
    if given.share is not None:
        return
    print(table(outcomes))
    missing = {
        f"{name} {how}": left
        for name, how, kills in targets(given.what, given.kills)
        if (left := kills - killed(outcomes, given.engine, name, how)) > 0
    }
    if missing:
        print(f"kills missing: {missing}")
    sys.exit(bool(missing) or any(one.wrong for one in outcomes))


if __name__ == "__main__":
    main()
