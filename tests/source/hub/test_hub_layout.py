"""Which files are a split, by name alone; held against what `datasets` itself decides."""

from pathlib import Path

import datasets
import pytest

from batch.errors import ConfigError
from batch.source.hub_layout import converted_files, glob_pattern, readme_configs, repository_files
from batch.source.split import splits


@pytest.mark.parametrize(
    "names",
    [
        ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "data/test-00000-of-00001.parquet"],
        ["data/train-00000-of-00001-a1b2c3.parquet", "data/my_split-00000-of-00001-a1b2c3.parquet"],
        ["train.parquet", "test.parquet", "dev.parquet"],
        ["train/0.parquet", "train/1.parquet", "validation/0.parquet"],
        ["my_train_file.parquet", "my-eval.parquet"],
        ["a.parquet", "sub/b.parquet"],
        ["trains.parquet", "contest.parquet"],
        ["data/training/x.parquet", "data/valid/y.parquet"],
    ],
)
def test_splits_are_found_where_datasets_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False)
    builder = datasets.load_dataset_builder("parquet", data_dir=str(tmp_path), cache_dir=str(tmp_path / "cache"))
    theirs = {
        str(split): sorted(Path(str(file)).relative_to(tmp_path).as_posix() for file in files)
        for split, files in builder.config.data_files.items()
    }
    assert splits(names) == theirs


README = """---
license: mit
configs:
- config_name: en
  default: true
  data_files:
  - split: train
    path: "en/train*.parquet"
  - split: test
    path: ["en/test/**", "more/{a,b}.parquet"]
- config_name: fr
  data_dir: fr
- config_name: raw
  data_files: "*.csv"
---
# A dataset
"""
FILES = ["en/train-0.parquet", "en/train-1.parquet", "en/test/x/y.parquet", "more/a.parquet", "more/c.parquet",
         "fr/test.parquet", "fr/train.parquet", "raw.csv", "README.md"]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "split", "expected"),
    [
        (None, None, ["en/train-0.parquet", "en/train-1.parquet"]),
        ("en", "test", ["en/test/x/y.parquet", "more/a.parquet"]),
        ("fr", "test", ["fr/test.parquet"]),
        ("raw", None, None),
    ],
)
def test_the_readmes_configurations_decide(config: str | None, split: str | None, expected: list[str] | None) -> None:
    assert repository_files(FILES, README, config, split, "it") == expected


def test_an_unknown_configuration_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"source\.config: it has no configuration 'de'; choose one of: en, fr, raw"):
        repository_files(FILES, README, "de", None, "it")


@pytest.mark.parametrize("block", ["", ": [broken", "- a list", "configs: 3", "configs: [3, {a: b}]"])
def test_a_readme_without_configurations_leaves_it_to_names(block: str) -> None:
    readme = f"---\n{block}\n---\n# Data\n"
    assert readme_configs(readme) == []
    assert repository_files(["a.parquet", "x.txt"], readme, None, None, "it") == ["a.parquet"]


def test_a_folder_may_be_a_configuration() -> None:
    names = ["one/train.parquet", "one/test.parquet", "two/train.parquet"]
    assert repository_files(names, "", "one", "test", "it") == ["one/test.parquet"]
    assert repository_files(names, "", "three", None, "it") is None
    assert repository_files(["a.csv"], "", None, None, "it") is None


def test_the_hubs_conversion_is_used_only_where_it_is_whole() -> None:
    names = ["default/train/0000.parquet", "default/train/0001.parquet", "default/test/0000.parquet"]
    assert converted_files(names, None, None, "it") == names[:2]
    assert converted_files(["default/partial-train/0000.parquet"], None, None, "it") is None
    assert converted_files([], None, None, "it") is None
    with pytest.raises(ConfigError, match="it has several configurations; choose one of: a, b"):
        converted_files(["a/train/0.parquet", "b/train/0.parquet"], None, None, "it")


@pytest.mark.parametrize(
    ("glob", "matches", "differs"),
    [
        ("*.parquet", ["a.parquet"], ["x/a.parquet", "a.parquet.txt"]),
        ("**/*.parquet", ["a.parquet", "x/y/a.parquet"], ["a.csv"]),
        ("data/**", ["data/a", "data/x/b"], ["other/a"]),
        ("a?[0-9].{csv,parquet}", ["ab1.csv", "a_9.parquet"], ["a1.csv", "ab1.txt"]),
        ("[!a]*.x", ["b.x"], ["a.x"]),
        ("a+(b).parquet", ["a+(b).parquet"], ["aab.parquet"]),
    ],
)
def test_globs_match_as_in_a_shell(glob: str, matches: list[str], differs: list[str]) -> None:
    pattern = glob_pattern(glob)
    assert [name for name in (*matches, *differs) if pattern.fullmatch(name)] == matches
