"""Measures of whole jobs: what each process took, and the tables a person reads."""

from pathlib import Path

import pyarrow.parquet as pq

from batch.bench.jobs_table import lines
from batch.bench.measures.against_server import _ask
from batch.bench.measures.job import run_job
from batch.bench.tables import media_table, picture, picture_table
from batch.bench.workloads import WORKLOADS


def test_a_job_is_timed_from_its_loaded_model_and_its_copies_are_counted(tmp_path: Path) -> None:
    same, other = picture(1, 96, 128), picture(2, 96, 128)
    table = picture_table(tmp_path / "in.parquet", [same, other, same, same], ["What is this?"] * 4)
    run = run_job(tmp_path / "out", task="answer", model="fake", source={"path": str(table)})
    assert (run.rows, run.failed, run.requests, run.copied) == (4, 0, 4, 2)
    assert run.total_s > run.seconds > 0
    assert run.runner_cpu_s > 0
    assert run.rows_per_s > 0


def test_a_table_of_media_has_no_column_that_holds_nothing(tmp_path: Path) -> None:
    table = pq.read_table(media_table(tmp_path / "in.parquet", [None, None], [b"sound", None], ["one", "two"]))
    assert table.to_pylist() == [
        {"prompt": "one", "audio": {"bytes": b"sound", "path": None}},
        {"prompt": "two", "audio": None},
    ]


def test_what_a_server_is_asked_is_the_workloads_and_no_two_are_equal() -> None:
    for row, other in ((0, 4), (1, 5), (2, 6), (3, 7)):
        one, two = _ask("mixed", row), _ask("mixed", other)
        assert one == _ask(list(WORKLOADS)[row], row)
        assert one != two


def test_every_measure_has_its_lines() -> None:
    report = {
        "costs": {
            "slots": 8, "start_s": 3.0, "row_s": 0.01, "row_tokens": 30, "text_token_s": 0.001, "answer_token_s": 0.005,
            "image_s": 0.4, "clip_s": None, "clip_sound_s": 2, "sound_s": None,
        },
        "runner": {
            "fake_rows": 4000, "fake_ms_per_row": 0.3, "fake_runner_cpu_ms_per_row": 0.12, "rows": 200,
            "rows_per_s": 20.0, "runner_share": 0.004, "waiting_share": 0.01, "worker_bytes": 200 * 1024**2,
        },
        "reuse": {
            "duplicates": {
                "rows": 10, "copied": 3, "equal_answers": 10, "rows_per_s": 1.42,
                "rows_per_s_without": 1.0, "times_as_fast": 1.42,
            },
        },
        "server": {
            "captions": {
                "rows": 10, "rows_per_s": 2.0, "server_rows_per_s": 1.0, "times_as_fast": 2.0, "spread": [0.1, 0.2],
                "tokens": [100, 101],
            },
        },
        "preparing": {
            "photos": {"a.heic": {"70": {"per_s": 4.0, "plain_per_s": 3.5, "times_as_fast": 1.14}}},
            "speech": [{"file": "a.opus", "audio_s": 43.0, "segments": 2, "hours_per_minute": 1.5}],
        },
        "growth": [
            {
                "rows": 1000, "seconds_per_row": 0.0003, "runner_bytes_early": 2**27, "runner_bytes_late": 2**27,
                "ledger_bytes_late": 2**20, "resume_first_row_s": 1.5, "resumed_rows": 100, "whole": True,
            },
        ],
    }  # fmt: skip
    assert [line for line in lines(report) if line and not line.startswith(("#", "| -"))] == [
        "8 slots: 3.0 s for a job to begin and end; a short prompt 10 ms, a token more of it 1 ms, a token of an "
        "answer 5 ms, a picture 400 ms",
        "fake engine, 4,000 rows: 0.30 ms a row passed, of which the runner's process computed 0.12 ms",
        "the model, 200 short questions at 20.0 rows/s: the runner computed for 0.40% of the time that passed; the "
        "engine waited for prepared requests 1.0% of its time; the worker took 200 MiB",
        "|                                    | rows | copied | rows/s | each computed | times as fast |    equal |",
        "| 3 rows in 10 equal to earlier ones |   10 |      3 |   1.42 |          1.00 |          1.42 | 10 of 10 |",
        "| whole requests | rows | run: rows/s | server: rows/s | run is |   spread |   tokens |",
        "| captions       |   10 |        2.00 |           1.00 | 2.00 x | 10%, 20% | 100, 101 |",
        "| photos per second and core | soft tokens | here | plain Pillow | times as fast |",
        "| a.heic                     |          70 |  4.0 |          3.5 |          1.14 |",
        "a.opus, 43 s: decoded and cut into 2 segments, 1.50 hours of audio a minute and core",
        "| rows (fake engine) | ms a row | runner at 1/10 |   at 9/10 |  ledger | first row after a kill | whole |",
        "| 1,000              |     0.30 |      128.0 MiB | 128.0 MiB | 1.0 MiB |                 1.50 s |   yes |",
    ]
