"""A whole bench over a tiny checkpoint: contenders agree, and the report holds what its readers need."""

import json
from pathlib import Path

import pytest

from batch.bench.bench import Asked, bench
from batch.bench.keep import keep
from batch.bench.table import markdown

CONTENDERS = ["gemma4-batch", "mlx-vlm, static batches", "mlx-vlm, continuous", "mlx-vlm, one at a time"]


def test_a_bench_compares_contenders_that_give_the_same_answers(
    tiny_e: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In float32, where every mode must give the same tokens."""
    asked = Asked(
        model=str(tiny_e), size=None, precision="bf16", dtype="float32",
        measures=("speed",), workloads=("captions",), slots=2, requests=3,
        repeats=1, seed=1, soft_tokens=None, longest=6,
    )  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told: list[str] = []
    report = bench(asked, told.append)
    assert json.loads(json.dumps(report)) == report
    workload = report["workloads"]["captions"]
    assert list(workload["contenders"]) == CONTENDERS
    assert [found["equal_answers"] for found in workload["contenders"].values()] == [[3, 3]] * 4
    assert workload["contenders"]["gemma4-batch"]["ours_to_this"] == 1.0
    assert workload["share_of_limit"] > 0
    assert 0 < workload["peak_to_expected"] < 2  # a tiny model holds next to nothing; the real figure is in the docs
    assert workload["occupancy"] <= 1
    assert {*workload["pieces"][0]} == {"step_ms", "slots", "prefill_ms", "vision_ms", "audio_ms", "computed"}
    assert report["model"]["fingerprint"] is not None
    text = markdown(report)
    assert all(f"| {name}" in text for name in CONTENDERS)
    assert "limit from the pieces" in text
    assert "GiB expected before the runs" in text
    assert keep(report) is None  # costs were not measured
