import json
from pathlib import Path

from batch.bench.macs import MACS, rows_per_hour, table, work_of
from batch.bench.study import Plan, Study, captions
from batch.bench.workloads import Model
from batch.gemma.published import PRECISIONS, SIZES


def test_captions_are_the_workloads_with_their_own_lengths_and_few_pictures() -> None:
    model = Model(vocabulary=1024, image_id=1018, audio_id=1019, soft_tokens=12, hears=True)
    requests = captions(model, 200)
    assert [request.key.row for request in requests] == list(range(200))
    assert len({id(request.images[0]) for request in requests}) == 64
    lengths = sorted(request.max_tokens for request in requests)
    assert 45 < lengths[100] < 75
    assert lengths[-1] <= 256


def test_every_finding_is_a_line_at_once_and_a_part_that_fails_is_one_too(tmp_path: Path) -> None:
    def failing() -> None:
        raise ValueError("no such device")

    study = Study(tmp_path / "out.jsonl", 60)
    study.say("machine", cores=2)
    study._guarded(failing)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["what"], line.get("cores"), line.get("error")) for line in lines] == [
        ("machine", 2, None),
        ("failed", None, "ValueError: no such device"),
    ]


def test_the_plan_is_that_of_the_documentation() -> None:
    assert (Plan().slots, Plan().many, Plan().repeats, Plan().soft_tokens) == (64, 0, 3, 280)


def test_a_steps_bytes_leave_out_the_table_that_is_only_looked_up_in() -> None:
    """4.8 G parameters, of which 2.35 G per-layer embeddings and 0.17 G towers: 2.3 G of two bytes."""
    assert 4.5e9 < work_of("e2b", "bf16").step_bytes < 4.7e9
    assert work_of("e2b", "4bit").step_bytes < 0.5 * work_of("e2b", "bf16").step_bytes


def test_more_bandwidth_and_arithmetic_make_more_rows_and_larger_models_fewer() -> None:
    rates = [[rows_per_hour(work_of(size, "4bit"), mac) for mac in MACS] for size in SIZES]
    assert all(one == sorted(one) for one in rates)
    assert rates[0][0] > rates[1][0] > rates[3][0]


def test_the_table_has_a_line_for_each_published_checkpoint() -> None:
    lines = table().splitlines()
    assert len(lines) == 2 + len(SIZES) * len(PRECISIONS)
    assert lines[0].startswith("| calculated, rows/hour |")
    assert "does not fit" in lines[-1]
