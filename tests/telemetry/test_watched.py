"""However a run ends, its log says so."""

import io
import json
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from batch.config.job import JobConfig
from batch.counts import Counts
from batch.errors import Interrupted, SourceError
from batch.telemetry.watched import watched
from batch.terminal.progress import Progress


@pytest.mark.parametrize(
    ("end", "state", "message"),
    [
        (None, "complete", "complete"),
        (Interrupted("stopped. Again to go on"), "stopped", "stopped. Again to go on"),
        (SourceError("the drive is gone"), "failed", "the drive is gone"),
        (ValueError("a bug"), "failed", "ValueError: a bug"),
    ],
)
def test_every_end_is_the_last_line_of_the_log(tmp_path: Path, end: Exception | None, state: str, message: str) -> None:
    job = {"task": "caption", "source": {"path": "x"}, "output": {"path": str(tmp_path)}}
    config = JobConfig.model_validate(job | {"run": {"metrics": str(tmp_path / "m.prom")}})
    stream = io.StringIO()
    with suppress(type(end)) if end is not None else nullcontext(), watched(config, Progress(stream)) as watcher:
        watcher.begun(3, Counts())
        watcher.ready({"model": "demo", "dtype": "float32"}, 2)
        if end is not None:
            raise end
    last = json.loads((tmp_path / "logs/events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["state"], last["message"]) == ("ended", state, message)
    assert 'rows_total{job="' in (tmp_path / "m.prom").read_text()
    assert "model demo, float32, 2 slots" in stream.getvalue()
