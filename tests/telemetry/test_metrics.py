"""The file for Prometheus."""

from collections import Counter
from pathlib import Path

from batch.counts import Counts
from batch.records import Telemetry
from batch.telemetry.metrics import MetricsFile, metrics_text
from batch.telemetry.work import Work


def test_every_metric_has_help_type_and_the_job_as_a_label() -> None:
    work = Work(total_rows=10, counts=Counts(rows=Counter(ok=3, failed=1), errors=Counter(undecodable=1)), slots=4)
    text = metrics_text(work, 'out/"x"', running=True)
    assert 'gemma4_batch_rows_done{job="out/\\"x\\"",status="ok"} 3\n' in text
    assert 'gemma4_batch_rows_failed{job="out/\\"x\\"",kind="undecodable"} 1\n' in text
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    samples = {line.split("{")[0] for line in text.splitlines() if not line.startswith("#")}
    assert samples == set(names)


def test_it_is_replaced_now_and_then_and_says_when_nobody_works_any_more(tmp_path: Path) -> None:
    path, now = tmp_path / "metrics/job.prom", [0.0]
    metrics = MetricsFile(path, Path("out"), lambda: now[0])
    metrics.begun(5, Counts())
    metrics.ready({}, 2)
    metrics.busy(Telemetry(2, 0, 0.0, 1.0, 1, 1234))
    assert 'slots_busy{job="out"} 0\n' in path.read_text()
    now[0] = 11.0
    metrics.moved(Counts(rows=Counter(ok=4)))
    assert 'slots_busy{job="out"} 2\n' in path.read_text()
    metrics.ended("complete", "")
    assert 'running{job="out"} 0\n' in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["job.prom"]
