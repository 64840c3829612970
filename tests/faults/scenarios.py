"""Jobs to be killed again and again: a first run, a retry that rewrites parts, an accepted change of the source."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.commands import output_of, write_config
from tests.faults.zygote import FAKE, MLX, Zygote

SCENARIOS = ("first", "retry", "changed")
FLAGS = {"first": (), "retry": ("--retry-failed",), "changed": ("--accept-changed",)}
TRIED_AGAIN = "error:7"  # a fault in every row with a 7 in its number: each shard has failed rows
SLOTS = 8


@dataclass(frozen=True)
class Engine:
    """What answers, how many rows a job has, what its processes import once, and how fast the fake one is."""

    config: Mapping[str, Any]
    rows: int
    shard_rows: int
    modules: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


ENGINES = {
    "fake": Engine({"model": "fake"}, 96, 16, FAKE, {"GEMMA4_BATCH_FAKE": '{"step_s": 0.004, "tokens": 3}'}),
    "demo": Engine({"model": {"path": "demo", "dtype": "float32"}, "sampling": {"max_tokens": 3}}, 32, 8, MLX),
}


@dataclass(frozen=True)
class Scenario:
    """A job to be done by `gemma4-batch run CONFIG *FLAGS`, begun as `prepared` left it; `expected` is its output when
    nobody disturbs it."""

    name: str
    engine: Engine
    config: Path
    out: Path
    expected: pa.Table
    _template: Path

    def begin(self) -> None:
        """The job folder, as it is before the command."""
        shutil.rmtree(self.out, ignore_errors=True)
        if self._template.exists():
            shutil.copytree(self._template, self.out)

    @property
    def arguments(self) -> tuple[str | Path, ...]:
        return ("run", self.config, *FLAGS[self.name])


def output_without_times(folder: Path) -> pa.Table:
    """All that the job wrote, but for how long it took."""
    return output_of(folder).drop_columns(["seconds"]).replace_schema_metadata().combine_chunks()


def prepared(name: str, engine_name: str, folder: Path, zygote: Zygote) -> Scenario:
    """Makes the scenario in `folder`, and runs it once undisturbed. Raises RuntimeError where that fails."""
    engine = ENGINES[engine_name]
    folder.mkdir(parents=True)
    out, template, source, log = folder / "out", folder / "template", folder / "in.parquet", folder / "log"
    config = write_config(
        folder / "job.yaml", task="answer", source={"path": str(source)}, engine={"slots": SLOTS},
        output={"path": str(out), "shard_rows": engine.shard_rows}, **engine.config,
    )  # fmt: skip

    def run(*flags: str, **environment: str) -> None:
        if zygote.run("run", config, *flags, log=log, **engine.environment, **environment) != 0:
            raise RuntimeError(log.read_text()[-2000:])

    _write_source(source, engine.rows)
    if name != "first":
        run(**({"GEMMA4_BATCH_FAULT": TRIED_AGAIN} if name == "retry" else {}))
        shutil.copytree(out, template)
    if name == "changed":
        _write_source(source, engine.rows - engine.shard_rows // 2, word="changed")
    run(*FLAGS[name])
    return Scenario(name, engine, config, out, output_without_times(out), template)


def _write_source(path: Path, rows: int, word: str = "item") -> None:
    prompts = [f"Say: {word} {row} of the list" for row in range(rows)]
    pq.write_table(pa.table({"id": pa.array(range(rows), pa.int32()), "prompt": prompts}), path, row_group_size=16)
