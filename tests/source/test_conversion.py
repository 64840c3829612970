"""Tables that `datasets` opens: JSON lines, CSV, folders with metadata, and what `save_to_disk` wrote."""

import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest

from batch.errors import ConfigError, SourceError
from batch.source import conversion
from batch.source.medium import media_of
from batch.source.source import media_roots
from tests.source_files import contents, job, opened, planned, ranges


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.mktemp("home")))


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def kept(path: Path, **source: Any) -> list[tuple[str, dict[str, Any]]]:
    config = job(path, **source)
    return [(row_id, values) for row_id, _, values in contents(planned(config), opened(config))]


def test_json_lines_are_a_table(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", {"prompt": "a", "n": 1}, {"prompt": "b", "n": None})
    assert kept(path) == [("q.jsonl#0", {"prompt": "a", "n": 1}), ("q.jsonl#1", {"prompt": "b", "n": None})]


def test_csv_and_tsv_are_tables(tmp_path: Path) -> None:
    for name, separator in (("a.csv", ","), ("b.tsv", "\t")):
        with (tmp_path / name).open("w", newline="") as file:
            csv.writer(file, delimiter=separator).writerows([["prompt", "n"], ["x, y", 1]])
    assert kept(tmp_path / "*.?sv") == [
        ("a.csv#0", {"prompt": "x, y", "n": 1}),
        ("b.tsv#0", {"prompt": "x, y", "n": 1}),
    ]


def test_a_table_is_converted_once_and_again_when_it_changes(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", {"prompt": "a"})
    first = conversion.converted_file(path)
    before = first.stat()
    assert conversion.converted_file(path) == first
    assert first.stat().st_mtime_ns == before.st_mtime_ns
    write_lines(path, {"prompt": "b"})
    assert conversion.converted_file(path) != first
    assert kept(path) == [("q.jsonl#0", {"prompt": "b"})]


def test_a_new_file_of_json_lines_is_appended(tmp_path: Path) -> None:
    write_lines(tmp_path / "b.jsonl", {"prompt": "b"})
    first = planned(job(tmp_path))
    write_lines(tmp_path / "a.jsonl", {"prompt": "a"})
    assert ranges(planned(job(tmp_path), known_files=first.files)) == [("b.jsonl", 0, 1), ("a.jsonl", 0, 1)]


def test_a_worker_needs_no_datasets_for_a_table_that_is_converted(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", {"prompt": "a"})
    planned(job(path))
    program = (
        "import sys\nfrom tests.source_files import job\nfrom batch.source.source import open_inputs\n"
        "print(open_inputs(job(sys.argv[1]).source).open('q.jsonl').groups, 'datasets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "(1,) False\n", done.stderr


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", "", r"a\.jsonl is empty \(0 bytes\)"),
        ("a.jsonl", "{not json\n", r"a\.jsonl cannot be read as a table"),
        ("a.csv", 'a,b\n"1,2\n3,4,5,6\n', r"a\.csv cannot be read as a table"),
    ],
)
def test_a_broken_table_is_one_sentence(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=message):
        planned(job(tmp_path / name))


def test_json_lines_beside_images_are_the_table_of_an_answer_job(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a.png").write_bytes(b"PNG")
    write_lines(tmp_path / "q.jsonl", {"prompt": "what?", "image": "img/a.png"})
    config = job(tmp_path)
    [(row_id, needed, _)] = contents(planned(config), opened(config))
    [media] = media_of(needed["image"], roots=media_roots(config.source, row_id))
    assert media.path == str(tmp_path / "img" / "a.png")
    assert opened(job(tmp_path, task="caption")).kind == "folder"


def test_a_folder_with_metadata_is_a_table_of_its_files(tmp_path: Path) -> None:
    for name in ("b.png", "sub/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    described = [{"file_name": "sub/a.png", "prompt": "A"}, {"file_name": "b.png", "prompt": "B"}]
    write_lines(tmp_path / "metadata.jsonl", *described)
    config = job(tmp_path)
    plan = planned(config)
    rows = contents(plan, opened(config))
    assert plan.config.source.image_column == ("file_name",)
    assert rows == [(f"metadata.jsonl#{n}", described[n], described[n]) for n in range(2)]
    [media] = media_of(rows[0][1]["file_name"], roots=media_roots(config.source, rows[0][0]))
    assert media.path == str(tmp_path / "sub" / "a.png")
    assert planned(job(tmp_path, task="caption")).needed == ("file_name",)


def test_metadata_may_lie_in_each_splits_folder(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "a.wav").write_bytes(b"")
        with (tmp_path / split / "metadata.csv").open("w", newline="") as file:
            csv.writer(file).writerows([["file_name", "speaker"], ["a.wav", split]])
    config = job(tmp_path, task="transcribe", split="test")
    [(row_id, needed, values)] = contents(planned(config), opened(config))
    assert (row_id, needed) == ("test/metadata.csv#0", {"file_name": "a.wav"})
    assert values == {"file_name": "a.wav", "speaker": "test"}
    [media] = media_of(needed["file_name"], roots=media_roots(config.source, row_id))
    assert media.path == str(tmp_path / "test" / "a.wav")


def saved(**columns: Any) -> datasets.Dataset:
    return datasets.Dataset.from_dict(columns)


def test_a_saved_dataset_is_read_as_it_lies_there(tmp_path: Path) -> None:
    saved(prompt=["a", "b", "c"]).save_to_disk(tmp_path / "d", num_shards=2)
    assert [row_id for row_id, _ in kept(tmp_path / "d")] == [
        "data-00000-of-00002.arrow#0",
        "data-00000-of-00002.arrow#1",
        "data-00001-of-00002.arrow#0",
    ]
    assert list(conversion.cache_folder().glob("tables/*")) == []


def test_a_shuffled_dataset_is_saved_and_read_in_its_new_order(tmp_path: Path) -> None:
    saved(prompt=list("abcd")).select([3, 1]).save_to_disk(tmp_path / "d")
    assert [values for _, values in kept(tmp_path / "d")] == [{"prompt": "d"}, {"prompt": "b"}]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"_data_files": [], "_indices_data_files": [{"filename": "i.arrow"}]}, "with an index beside its rows"),
        ({}, r"state\.json is no readable `save_to_disk` state: '_data_files'"),
        ({"_data_files": [{"filename": "gone.arrow"}]}, r"gone\.arrow cannot be read: No such file"),
    ],
)
def test_a_saved_dataset_that_is_not_whole_is_refused(tmp_path: Path, state: dict[str, Any], message: str) -> None:
    saved(prompt=["a"]).save_to_disk(tmp_path / "d")
    (tmp_path / "d" / "state.json").write_text(json.dumps(state))
    with pytest.raises(SourceError, match=message):
        opened(job(tmp_path / "d"))


@pytest.mark.parametrize(
    "line",
    ['{"prompt": ' + "[" * 100_000 + "]" * 100_000 + "}", '{"a":' * 50_000 + "1" + "}" * 50_000],
    ids=["brackets", "braces"],
)
def test_a_file_that_crashes_its_parser_is_refused_by_a_sentence(tmp_path: Path, line: str) -> None:
    (tmp_path / "deep.jsonl").write_text(line + "\n")
    with pytest.raises(SourceError, match=r"deep\.jsonl cannot be read as a table: its parser died \(SIGSEGV\)"):
        conversion.converted_file(tmp_path / "deep.jsonl")
    assert list(conversion.cache_folder().glob("tables/.converting-*")) == []


@pytest.mark.parametrize("name", ["../../other.arrow", "/etc/other.arrow", "..", "", 7, "a\\b.arrow"])
def test_a_saved_dataset_names_only_files_of_its_own_folder(tmp_path: Path, name: object) -> None:
    saved(prompt=["a"]).save_to_disk(tmp_path / "d")
    (tmp_path / "d" / "state.json").write_text(json.dumps({"_data_files": [{"filename": name}]}))
    with pytest.raises(SourceError, match="is no name of a file beside it"):
        opened(job(tmp_path / "d"))
    (tmp_path / "d" / "dataset_dict.json").write_text(json.dumps({"splits": [name]}))
    with pytest.raises(SourceError, match="is no name of a file beside it"):
        opened(job(tmp_path / "d"))


def test_a_saved_dict_has_splits(tmp_path: Path) -> None:
    datasets.DatasetDict(train=saved(prompt=["a"]), test=saved(prompt=["t"])).save_to_disk(tmp_path / "d")
    assert kept(tmp_path / "d") == [("train/data-00000-of-00001.arrow#0", {"prompt": "a"})]
    assert kept(tmp_path / "d", split="test") == [("test/data-00000-of-00001.arrow#0", {"prompt": "t"})]
    with pytest.raises(ConfigError, match="has no split 'dev'; it has: test, train"):
        opened(job(tmp_path / "d", split="dev"))


def test_images_of_a_saved_dataset_stay_bytes(tmp_path: Path) -> None:
    features = datasets.Features({"picture": datasets.Image(), "prompt": datasets.Value("string")})
    table = datasets.Dataset.from_dict(
        {"picture": [{"bytes": b"not decoded", "path": None}], "prompt": ["p"]}, features=features
    )
    table.save_to_disk(tmp_path / "d")
    config = job(tmp_path / "d")
    plan = planned(config)
    assert plan.config.source.image_column == ("picture",)
    [(_, needed, values)] = contents(plan, opened(config))
    assert needed["picture"] == {"bytes": b"not decoded", "path": None}
    assert values == {"prompt": "p"}


@pytest.mark.parametrize("writer", [pa.ipc.new_stream, pa.ipc.new_file])
@pytest.mark.parametrize("compression", [None, "lz4"])
def test_arrow_streams_and_files_are_tables(tmp_path: Path, writer: Any, compression: str | None) -> None:
    table = pa.table({"id": list(range(100)), "prompt": [str(n) for n in range(100)]})
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (tmp_path / "a.arrow").open("wb") as file, writer(file, table.schema, options=options) as out:
        out.write_table(table, max_chunksize=7)
    rows = kept(tmp_path / "a.arrow", shard_rows=30)
    assert rows == [(f"a.arrow#{n}", {"id": n, "prompt": str(n)}) for n in range(100)]


ROOT = Path(__file__).parent.parent.parent


def test_what_datasets_opens_only_with_torch_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"no real sound")

    def load(datasets: Any, cache: str) -> Any:
        return datasets.load_dataset("audiofolder", data_dir=str(tmp_path), split="train", cache_dir=cache)

    if importlib.util.find_spec("torchcodec") is not None:
        pytest.skip("torchcodec is installed here")
    with pytest.raises(SourceError, match=r"opens its audio only with torch\. Give it as Parquet"):
        conversion.converted("key", "dataset 'org/sounds'", load)
