from pathlib import Path

from batch.bench.findings import Findings
from batch.bench.macs import MACS, rows_per_hour, table, work_of
from batch.bench.measures.nearness import agreement
from batch.bench.study import Plan, Study, captions
from batch.bench.workloads import Model
from batch.gemma.published import PRECISIONS, SIZES
from batch.records import RequestKey


def test_captions_are_the_workloads_with_their_own_lengths_and_few_pictures() -> None:
    model = Model(vocabulary=1024, image_id=1018, audio_id=1019, soft_tokens=12, hears=True)
    requests = captions(model, 200)
    assert [request.key.row for request in requests] == list(range(200))
    assert len({id(request.images[0]) for request in requests}) == 64
    lengths = sorted(request.max_tokens for request in requests)
    assert 45 < lengths[100] < 75
    assert lengths[-1] <= 256


def test_a_part_that_fails_is_a_finding_and_the_next_process_goes_on_after_it(tmp_path: Path) -> None:
    def failing() -> None:
        raise ValueError("no such device")

    out = tmp_path / "out.jsonl"
    findings = Findings(out, 60)
    findings.say("machine", cores=2)
    Study(findings, "e2b", Plan())._guarded("steps", failing)
    with out.open("a", encoding="utf-8") as file:
        file.write('{"what": "cut o')  # ended while it wrote
    again = Findings(out, 60)
    assert [(line["what"], line.get("failed")) for line in again.lines] == [
        ("machine", None),
        ("part", "ValueError: no such device"),
    ]
    assert (len(again.of("part", part="steps")), again.of("part", part="steps", failed=None)) == (1, [])
    again.say("machine", cores=2)
    assert [line["process"] for line in Findings(out, 60).of("machine")] == [1, 2]


def test_the_plan_is_that_of_the_documentation() -> None:
    assert vars(Plan()) == {
        "slots": 64, "many": 0, "requests": 2000, "stock_requests": 256, "alone_requests": 32,
        "profiled_requests": 256, "repeats": 3, "soft_tokens": 280,
    }  # fmt: skip


def test_rows_agree_up_to_their_first_difference() -> None:
    one = {RequestKey(0, row, 0): [1, 2, 3, 4] for row in range(2)}
    other = {RequestKey(0, 0, 0): [1, 2, 3, 4], RequestKey(0, 1, 0): [1, 9, 3, 4]}
    assert agreement(one, other) == {"equal_rows": 1, "before_difference": (1 + 0.25) / 2}


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
