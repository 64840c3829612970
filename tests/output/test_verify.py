"""`verify` finds what is not as it was written, says which, and passes what is whole."""

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch import durable
from batch.errors import LedgerError
from batch.ledger.ledger import Ledger
from batch.output import parts
from batch.output.receipt import Kind
from batch.output.verify import verify
from batch.records import RowFailed
from tests import jobs
from tests.commands import ROOT, output_of, run_command, text_table, write_config

PART = "data/part-0000001.parquet"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with in.parquet, job.yaml and a finished job of 40 rows in 3 parts."""
    folder = tmp_path_factory.mktemp("verify")
    write_config(
        folder / "job.yaml", task="answer", model="fake", source={"path": str(text_table(folder / "in.parquet", 40))},
        output={"path": str(folder / "out"), "shard_rows": 16},
    )  # fmt: skip
    done = run_command("run", folder / "job.yaml")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def out(job: Path, tmp_path: Path) -> Path:
    """A copy of the output, to be spoilt; its source stays where it was."""
    return Path(shutil.copytree(job / "out", tmp_path / "out"))


def found(folder: Path) -> list[tuple[str, str]]:
    return [(one.kind, one.where) for one in verify(folder).differences]


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = pq.read_table(path)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)


def test_a_finished_job_has_a_receipt(job: Path) -> None:
    seen = run_command("verify", job / "out", "--strict")
    assert (seen.returncode, seen.stderr) == (0, "")
    told = re.sub(r"[0-9a-f]{64}", "FINGERPRINT", re.sub(r"[\d.]+ kB", "SOME kB", seen.stdout))
    assert told.splitlines() == [
        f"{job / 'out'}: complete",
        "rows: 40 in = 40 ok + 0 partial + 0 failed + 0 no_speech",
        "parts: 3 of 3 checked, SOME kB read",
        "fingerprint: FINGERPRINT",
        "source: unchanged (every file by its size, first and last bytes; what lies between was not read)",
        "verified: each row once, in order, every part as it was written",
    ]


def test_the_json_is_the_documented_object(job: Path) -> None:
    """The example of docs/verify.md has the same keys, in the same order, of the same kinds."""
    seen = json.loads(run_command("verify", job / "out", "--json").stdout)
    page = (ROOT / "docs/verify.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert shape(seen | {"differences": []}) == shape(json.loads(example) | {"differences": []})
    assert (seen["schema_version"], seen["verified"], seen["state"], seen["rows"]["input"]) == (1, True, "complete", 40)
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(get_args(Kind))


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


# ---------------------------------------------------------------- what is spoilt
def test_a_flipped_byte_is_found(out: Path) -> None:
    data = bytearray((out / PART).read_bytes())
    data[len(data) // 2] ^= 1
    (out / PART).write_bytes(bytes(data))
    assert ("sha256", PART) in found(out)
    seen = run_command("verify", out)
    assert seen.returncode == 1
    assert f"{PART}: has sha256 " in seen.stdout


def test_a_torn_part_is_unreadable(out: Path) -> None:
    (out / PART).write_bytes((out / PART).read_bytes()[:-100])
    assert found(out) == [("sha256", PART), ("unreadable", PART)]


def test_a_missing_part_and_a_stranger_are_found(out: Path) -> None:
    (out / PART).rename(out / "data/part-0000009.parquet")
    assert found(out) == [("missing_part", PART), ("unknown_part", "data/part-0000009.parquet")]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (lambda table: table.slice(1), ["sha256", "row_count", "row_id", "counts"]),
        (lambda table: pa.concat_tables([table, table.slice(0, 1)]), ["sha256", "row_count", "counts"]),
        (lambda table: table.take([1, 0, *range(2, 16)]), ["sha256", "row_id"]),
        (lambda table: table.take([0, 0, *range(2, 16)]), ["sha256", "row_id"]),
        (
            lambda table: table.set_column(
                table.column_names.index("status"), "status", pa.array(["lost"] + ["ok"] * 15)
            ),
            ["sha256", "status", "counts"],
        ),
    ],
    ids=["lost", "doubled at the end", "swapped", "doubled in place", "strange status"],
)
def test_rows_lost_doubled_or_out_of_order_are_found(
    out: Path, change: Callable[[pa.Table], pa.Table], kinds: list[str]
) -> None:
    rewrite(out / PART, change)
    differences = found(out)
    assert {where for _, where in differences} == {PART}
    assert [kind for kind in dict.fromkeys(kind for kind, _ in differences)] == kinds


def test_the_rows_themselves_are_held_against_the_plan_even_where_every_sha256_is_right(out: Path) -> None:
    """As if the program itself had written a wrong part: ledger and manifest agree with the file."""
    rewrite(out / PART, lambda table: table.take([1, 0, *range(2, 16)]))
    digest = durable.sha256(out / PART)
    with sqlite3.connect(out / "ledger.sqlite") as db:
        db.execute("UPDATE shards SET sha256 = ? WHERE shard = 1", (digest,))
    said = json.loads((out / "manifest.json").read_text())
    said["files"][1]["sha256"] = digest
    (out / "manifest.json").write_text(json.dumps(said))
    assert found(out) == [("row_id", PART)]


def test_a_part_of_another_job_is_found(out: Path, tmp_path: Path) -> None:
    table = pq.read_table(out / PART)
    other = {**table.schema.metadata, b"gemma4-batch.fingerprint": b'"another"'}
    pq.write_table(table.replace_schema_metadata(other), out / PART)
    assert found(out) == [("sha256", PART), ("fingerprint", PART)]


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("UPDATE shards SET slices = '[[\"in.parquet\", 17, 32]]', rows = 15 WHERE shard = 1", ("plan", "in.parquet")),
        ("UPDATE identity SET value = '0.7' WHERE key = 'sampling.temperature'", ("fingerprint", "ledger")),
    ],
)
def test_a_ledger_that_contradicts_itself_is_found(out: Path, statement: str, difference: tuple[str, str]) -> None:
    with sqlite3.connect(out / "ledger.sqlite") as db:
        db.execute(statement)
    assert difference in found(out)


def test_a_changed_job_yaml_is_found(out: Path) -> None:
    text = (out / "job.yaml").read_text()
    (out / "job.yaml").write_text(text.replace("temperature: 0.0", "temperature: 0.5"))
    assert found(out) == [("config", "job.yaml")]


@pytest.mark.parametrize("text", ["", "[]", '{"files": []}', '{"files": [{"path": "x"}], "rows": 39}'])
def test_a_manifest_that_says_something_else_is_found(out: Path, text: str) -> None:
    (out / "manifest.json").write_text(text)
    assert {kind for kind, _ in found(out)} == {"manifest"}


# ---------------------------------------------------------------- the source
def test_a_source_that_changed_or_went_is_found_and_new_files_are_counted(job: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        text_table(tmp_path / "in" / f"{name}.parquet", 5)
    config = write_config(tmp_path / "job.yaml", task="answer", model="fake", source={"path": str(tmp_path / "in")})
    assert run_command("run", config).returncode == 0
    text_table(tmp_path / "in" / "d.parquet", 5)
    receipt = verify(tmp_path / "job.out")
    assert (receipt.source.state, receipt.source.files, receipt.source.new) == ("unchanged", 3, 1)
    before = (tmp_path / "in/a.parquet").stat()
    data = bytearray((tmp_path / "in/a.parquet").read_bytes())
    data[10] ^= 1
    (tmp_path / "in/a.parquet").write_bytes(bytes(data))
    os.utime(tmp_path / "in/a.parquet", ns=(before.st_atime_ns, before.st_mtime_ns))  # its time tells nothing
    (tmp_path / "in/b.parquet").unlink()
    assert found(tmp_path / "job.out") == [("source_changed", "a.parquet"), ("source_missing", "b.parquet")]
    shutil.rmtree(tmp_path / "in")
    receipt = verify(tmp_path / "job.out")
    assert (receipt.source.state, receipt.differences, receipt.whole) == ("not_checked", [], False)
    assert "does not exist" in receipt.source.how
    assert run_command("verify", tmp_path / "job.out", "--strict").returncode == 1


# ---------------------------------------------------------------- unfinished, running, without a ledger
def test_an_unfinished_job_is_verified_as_far_as_it_is(job: Path, out: Path) -> None:
    """One shard wants a row again, one is new to the ledger; the parts in place are right."""
    with sqlite3.connect(out / "ledger.sqlite") as db:
        db.execute("UPDATE shards SET committed = 0, wanted = '{\"3\": 2}' WHERE shard = 1")
        db.execute("UPDATE shards SET committed = 0, wanted = NULL, sha256 = NULL, counts = NULL WHERE shard = 2")
    (out / "data/part-0000002.parquet").unlink()
    receipt = verify(out)
    assert receipt.differences == []
    assert (receipt.state, receipt.as_dict()["rows"]) == (
        "unfinished",
        {"input": 40, "ok": 16, "partial": 0, "failed": 0, "no_speech": 0, "recorded": 0, "not_done": 24},
    )
    assert "rows: 40 in = 16 ok + 0 partial + 0 failed + 0 no_speech in finished parts" in receipt.text()


def test_a_part_between_its_rename_and_its_commit_is_right(tmp_path: Path) -> None:
    """What a kill leaves there is finished by the next start; verify knows both generations."""
    job = jobs.plan(3)
    with jobs.begin(tmp_path, job) as ledger:
        ledger.record([*jobs.shard_events(job.shards[0], [0, 1]), RowFailed(0, 2, "fetch_failed", "try later")])
        jobs.finish(tmp_path, ledger, job)
        parts.reopen_failed(tmp_path, ledger, job)
        ledger.record(jobs.row_events(job.shards[0], 2))
        recorded = ledger.shard_rows(0)
        staged = parts.stage(tmp_path, 0, 2, parts.new_table(tmp_path, ledger, job, 0, recorded))
        parts.intend(ledger, staged, ledger.counts())
        before = verify(tmp_path)
        parts.publish(tmp_path, 0, 2)
        after = verify(tmp_path)
    kinds = {one.kind for one in (*before.differences, *after.differences)}
    assert kinds <= {"fingerprint"}  # the tests' plans have a fingerprint of their own
    assert (before.state, before.recorded) == ("running", 1)


def test_verify_needs_no_lock(out: Path) -> None:
    with Ledger.open(out):
        assert (verify(out).state, found(out)) == ("running", [])


def test_an_output_copied_without_its_ledger_is_held_against_its_manifest(out: Path) -> None:
    (out / "ledger.sqlite").unlink()
    receipt = verify(out)
    assert (receipt.against, receipt.differences, receipt.rows.total(), receipt.whole) == ("manifest", [], 40, False)
    rewrite(out / PART, lambda table: table.take([0, 0, *range(2, 16)]))
    assert found(out) == [("sha256", PART), ("row_id", PART)]
    (out / "manifest.json").write_text("{}")
    with pytest.raises(LedgerError, match="cannot be understood"):
        verify(out)
    (out / "manifest.json").unlink()
    with pytest.raises(LedgerError, match=r"neither a ledger nor a manifest\.json"):
        verify(out)


def test_failed_rows_are_rows_of_the_sum(job: Path, tmp_path: Path) -> None:
    config = write_config(
        tmp_path / "job.yaml", task="answer", model="fake", source={"path": str(job / "in.parquet"), "limit": 20},
    )  # fmt: skip
    assert run_command("run", config, GEMMA4_BATCH_FAULT="error:#7").returncode == 0
    receipt = verify(tmp_path / "job.out")
    assert (receipt.differences, dict(receipt.rows), receipt.input_rows) == ([], {"ok": 19, "failed": 1}, 20)
    assert output_of(tmp_path / "job.out").num_rows == 20
