"""Hub datasets through a local Hub: plan, read, resume, and what a wrong answer of the network does."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import huggingface_hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch.config.job import JobConfig
from batch.errors import ConfigError, SourceError
from batch.plan import Plan, make_plan
from batch.source.source import Source, open_reader
from tests.source.hub.server import Hub
from tests.source_files import contents, job, opened, planned, ranges, wanted

pytestmark = pytest.mark.network
ROOT = Path(__file__).parents[3]


def parquet(columns: Mapping[str, Any], *, group: int | None = None) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), sink, row_group_size=group)
    return sink.getvalue()


def three_files() -> dict[str, bytes]:
    return {
        "README.md": b"# Data\n",
        "data/train-00000-of-00002.parquet": parquet({"prompt": ["a", "b"], "id": [1, 2]}),
        "data/train-00001-of-00002.parquet": parquet({"prompt": ["c"], "id": [3]}),
        "data/test-00000-of-00001.parquet": parquet({"prompt": ["t"], "id": [9]}),
    }


TRAIN = ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet")


def test_a_split_is_planned_from_footers_and_downloaded_file_by_file(hub: Hub, repo: str) -> None:
    commit = hub.push(repo, three_files())
    plan = planned(job(repo, hub=True))
    assert ranges(plan) == [(TRAIN[0], 0, 2), (TRAIN[1], 0, 1)]
    assert plan.config.source.revision == commit
    assert plan.identity["source.commit"] == json.dumps(commit)
    assert [path for verb, path, asked in hub.requests if "/lfs/" in path and (verb, asked) == ("GET", None)] == []

    hub.requests.clear()
    schemas = plan.needed_schema.serialize().to_pybytes(), plan.kept_schema.serialize().to_pybytes()
    reader = open_reader(plan.config.source, *schemas)
    assert [row.row_id for row in reader.read(wanted(plan.shards[0]))] == [f"{TRAIN[0]}#0", f"{TRAIN[0]}#1"]
    assert {path for _, path, _ in hub.requests if path.endswith(".parquet")} == {
        f"/datasets/{repo}/resolve/{commit}/{TRAIN[0]}"
    }


def test_rows_are_those_of_the_files(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    config = job(repo, hub=True, split="test")
    source = opened(config)
    assert contents(planned_with(config, source), source) == [
        ("data/test-00000-of-00001.parquet#0", {"prompt": "t"}, {"prompt": "t", "id": 9})
    ]


def planned_with(config: JobConfig, source: Source, **given: Any) -> Plan:
    return make_plan(config, source, **given)


def test_a_job_stays_with_its_commit_when_the_branch_moves_on(hub: Hub, repo: str) -> None:
    commit = hub.push(repo, three_files())
    first = planned(job(repo, hub=True))
    hub.push(repo, {"data/train-00000-of-00001.parquet": parquet({"prompt": ["new"], "id": [0]})})
    hub.requests.clear()
    again = planned(job(repo, hub=True), known_files=first.files)
    assert (again.files, again.fingerprint, again.config.source.revision) == (first.files, first.fingerprint, commit)
    assert hub.requests == []  # all of it was remembered
    assert planned(job(repo, hub=True)).fingerprint != first.fingerprint


def test_a_revision_may_be_named(hub: Hub, repo: str) -> None:
    old = hub.push(repo, three_files())
    hub.push(repo, {"x.parquet": parquet({"prompt": ["x"]})})
    hub.push(repo, {"y.parquet": parquet({"prompt": ["y"]})}, revision="v2")
    assert ranges(planned(job(repo, hub=True, revision=old)))[0] == (TRAIN[0], 0, 2)
    assert ranges(planned(job(repo, hub=True, revision="v2"))) == [("y.parquet", 0, 1)]
    with pytest.raises(SourceError, match=r"at 'v3': no such revision. Check source\.revision"):
        planned(job(repo, hub=True, revision="v3"))


def test_a_limit_reads_only_the_footers_it_needs(hub: Hub, repo: str) -> None:
    names = [f"data/train-{n:05d}-of-00020.parquet" for n in range(20)]
    hub.push(repo, {name: parquet({"prompt": [name, name]}) for name in names})
    plan = planned(job(repo, hub=True, limit=3))
    assert ranges(plan) == [(names[0], 0, 2), (names[1], 0, 1)]
    assert {path for _, path, _ in hub.requests if path.endswith(names[-1])} == set()
    more = planned(job(repo, hub=True, limit=40), known_files=plan.files)
    assert (len(more.files), more.rows, more.fingerprint) == (20, 40, plan.fingerprint)


def test_an_interrupted_download_goes_on_where_it_stopped(hub: Hub, repo: str) -> None:
    data = parquet({"prompt": [os.urandom(500).hex() for _ in range(500)]})
    hub.push(repo, {"a.parquet": data})
    config = job(repo, hub=True)
    source = opened(config)
    plan = planned_with(config, source)
    hub.fault.cut_after, hub.fault.then_refuse = len(data) // 2, True
    with pytest.raises(SourceError, match="The same command resumes"):
        contents(plan, source)
    hub.fault.refuse = False
    hub.requests.clear()
    resumed = opened(plan.config)
    assert len(contents(plan, resumed)) == 500
    assert [asked for verb, path, asked in hub.requests if verb == "GET" and asked] == [f"bytes={len(data) // 2}-"] * 2


def test_a_line_that_drops_is_taken_up_again_at_once(hub: Hub, repo: str) -> None:
    data = parquet({"prompt": [os.urandom(500).hex() for _ in range(500)]})
    hub.push(repo, {"a.parquet": data})
    config = job(repo, hub=True)
    source = opened(config)
    plan = planned_with(config, source)
    hub.requests.clear()
    hub.fault.cut_after = 100_000
    assert len(contents(plan, source)) == 500
    assert [asked for verb, path, asked in hub.requests if verb == "GET" and "/lfs/" in path] == [None, "bytes=100000-"]


def test_a_server_that_ignores_the_range_is_read_from_the_start(hub: Hub, repo: str) -> None:
    data = parquet({"prompt": [os.urandom(500).hex() for _ in range(500)]})
    hub.push(repo, {"a.parquet": data})
    config = job(repo, hub=True)
    source = opened(config)
    plan = planned_with(config, source)
    hub.fault.cut_after, hub.fault.then_refuse = 10_000, True
    with pytest.raises(SourceError):
        contents(plan, source)
    hub.fault.refuse, hub.fault.no_ranges = False, True
    assert len(contents(plan, source)) == 500


def test_contents_with_a_wrong_checksum_are_an_error_and_fetched_again(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    config = job(repo, hub=True)
    source = opened(config)
    plan = planned_with(config, source)
    hub.fault.wrong = True
    with pytest.raises(SourceError, match=r"'data/train-00000-of-00002\.parquet' arrived damaged: its checksum"):
        contents(plan, source)
    hub.fault.wrong = False
    assert len(contents(plan, source)) == 3


def test_a_file_damaged_in_the_cache_is_fetched_again(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    config = job(repo, hub=True, split="test")
    source = opened(config)
    plan = planned_with(config, source)
    before = contents(plan, source)
    blob = source.inputs.local("data/test-00000-of-00001.parquet").resolve()
    blob.write_bytes(b"PAR1")
    assert contents(plan, opened(plan.config)) == before


def test_a_server_without_ranges_cannot_be_planned_from(hub: Hub, repo: str) -> None:
    hub.push(repo, {"a.parquet": parquet({"prompt": [os.urandom(500).hex() for _ in range(500)]})})
    hub.fault.no_ranges = True
    with pytest.raises(SourceError, match="does not answer ranges"):
        planned(job(repo, hub=True))


def test_a_file_that_is_no_parquet_is_refused_by_name(hub: Hub, repo: str) -> None:
    hub.push(repo, {"a.parquet": b"PAR1 but no more"})
    with pytest.raises(SourceError, match=r"a\.parquet is no readable Parquet file"):
        planned(job(repo, hub=True))


def test_a_dataset_that_is_not_there_says_what_to_check(hub: Hub, repo: str) -> None:
    with pytest.raises(SourceError, match=r"no such dataset, or a private one\. Check source\.dataset; set HF_TOKEN"):
        planned(job(repo, hub=True))


def test_a_hub_that_is_down_is_one_sentence(monkeypatch: pytest.MonkeyPatch, repo: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(SourceError, match=r"cannot be fetched from http://127\.0\.0\.1:9"):
        planned(job(repo, hub=True))


def test_a_split_that_is_not_there_names_those_there_are(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    with pytest.raises(ConfigError, match=r"source\.split: dataset .* has no split 'dev'; it has: test, train"):
        planned(job(repo, hub=True, split="dev"))


def test_the_readme_says_which_files_a_configuration_has(hub: Hub, repo: str) -> None:
    readme = (
        "---\nconfigs:\n- config_name: one\n  data_files:\n  - split: train\n    path: one/*.parquet\n"
        "- config_name: two\n  data_dir: two\n---\n# Data\n"
    )
    files = {f"{name}/train.parquet": parquet({"prompt": [name]}) for name in ("one", "two")}
    hub.push(repo, {"README.md": readme.encode(), **files})
    assert ranges(planned(job(repo, hub=True, config="one"))) == [("one/train.parquet", 0, 1)]
    assert ranges(planned(job(repo, hub=True, config="two"))) == [("two/train.parquet", 0, 1)]
    with pytest.raises(ConfigError, match="has several configurations; choose one of: one, two"):
        planned(job(repo, hub=True))


def test_other_formats_are_read_from_the_hubs_parquet_conversion(hub: Hub, repo: str) -> None:
    hub.push(repo, {"data.jsonl": b'{"prompt": "x"}\n'})
    commit = hub.push(repo, {"default/train/0000.parquet": parquet({"prompt": ["x"]})}, revision="refs/convert/parquet")
    config = job(repo, hub=True)
    source = opened(config)
    plan = planned_with(config, source)
    assert plan.config.source.revision == commit
    assert contents(plan, source) == [("default/train/0000.parquet#0", {"prompt": "x"}, {"prompt": "x"})]
    hub.requests.clear()
    assert planned(config, known_files=plan.files).fingerprint == plan.fingerprint
    assert hub.requests == []


PROGRAM = """
import json, os, sys
def forbid(event, arguments):
    if os.environ.get("HF_HUB_OFFLINE") and event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        print("SOCKET", event, arguments[1:], file=sys.stderr)
        raise SystemExit(9)
sys.addaudithook(forbid)
from tests.source_files import contents, job, opened
from batch.plan import make_plan
from batch.errors import SourceError
config = job(sys.argv[1], hub=True)
try:
    source = opened(config)
    print(json.dumps([row[0] for row in contents(make_plan(config, source), source)]))
except SourceError as error:
    print(json.dumps(str(error)))
"""


def elsewhere(repo: str, **environment: str) -> Any:
    """A new process reads the whole dataset: its row ids, or the error's text."""
    environment = os.environ | environment
    command = [sys.executable, "-c", PROGRAM, repo]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def offline(repo: str) -> Any:
    return elsewhere(repo, HF_HUB_OFFLINE="1")


def test_a_dataset_without_any_parquet_is_loaded_whole(hub: Hub, repo: str) -> None:
    """In a process of its own: `datasets` reads HF_ENDPOINT when it is imported."""
    hub.push(repo, {"data.jsonl": b'{"prompt": "x"}\n{"prompt": "y"}\n'})
    assert elsewhere(repo) == ["loaded/default/train#0", "loaded/default/train#1"]
    assert offline(repo) == ["loaded/default/train#0", "loaded/default/train#1"]


def test_offline_a_cached_dataset_is_read_without_a_socket(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    config = job(repo, hub=True)
    source = opened(config)
    rows = [row[0] for row in contents(planned_with(config, source), source)]
    assert offline(repo) == rows


def test_offline_a_dataset_that_is_not_cached_is_refused(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    planned(job(repo, hub=True))  # its footers are known, its files are not
    assert "is not in the cache, and HF_HUB_OFFLINE forbids asking" in offline(repo)
    assert "is not in the cache and HF_HUB_OFFLINE forbids asking" in offline(f"{repo}-other")


def test_offline_what_huggingface_hub_downloaded_is_enough(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    for name in (*TRAIN, "README.md"):
        huggingface_hub.hf_hub_download(repo, name, repo_type="dataset", endpoint=hub.url)
    assert offline(repo) == [f"{TRAIN[0]}#0", f"{TRAIN[0]}#1", f"{TRAIN[1]}#0"]


def test_offline_half_a_split_is_refused(hub: Hub, repo: str) -> None:
    hub.push(repo, three_files())
    huggingface_hub.hf_hub_download(repo, TRAIN[0], repo_type="dataset", endpoint=hub.url)
    assert "is not in the cache as a whole and HF_HUB_OFFLINE forbids asking" in offline(repo)
