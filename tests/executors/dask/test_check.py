"""Which nodes are fit for a job, and where its paths lie on them."""

from pathlib import Path

import pytest

from batch import __version__
from batch.config.job import JobConfig
from batch.errors import ModelError, WorkerError
from batch.executors.dask.check import ModelHere, absolute, checked_job, mapped_job
from batch.gemma.registry import checked_model, identity_of

DEMO = {"task": "caption", "source": {"path": "/Volumes/photos/2024"}, "output": {"path": "out"}}


def job(**changes: object) -> JobConfig:
    return JobConfig.model_validate(DEMO | changes)


def test_a_node_with_the_same_version_and_model_may_work() -> None:
    config = job()
    model = checked_model(config, pull=False)
    there = ModelHere(__version__, identity_of(model), model.ple.grade if model.ple else None)
    text, path = checked_job(config.model_dump_json(by_alias=True), there, {"/Volumes/photos": "/mnt/photos/"})
    assert JobConfig.model_validate_json(text).source.path == "/mnt/photos/2024"
    assert Path(path) == model.path


def test_another_version_is_refused_with_both() -> None:
    with pytest.raises(WorkerError, match=rf"has gemma4-batch {__version__}, the runner has 9\.9"):
        checked_job(job().model_dump_json(by_alias=True), ModelHere("9.9", {}, None), {})


def test_another_revision_is_refused_with_both() -> None:
    here = identity_of(checked_model(job(), pull=False))["model.checkpoint"]
    there = ModelHere(__version__, {"model.commit": "abc123", "model.checkpoint": None}, "none")
    with pytest.raises(ModelError) as refused:
        checked_job(job().model_dump_json(by_alias=True), there, {})
    assert f"on this node is checkpoint {here}" in str(refused.value)
    assert "on the runner revision abc123" in str(refused.value)


def test_another_grade_is_refused() -> None:
    model = checked_model(job(), pull=False)
    with pytest.raises(ModelError, match=r"PLE grade is .* on this node and 'unsafe' on the runner"):
        checked_job(job().model_dump_json(by_alias=True), ModelHere(__version__, identity_of(model), "unsafe"), {})


def test_the_longest_folder_of_the_path_map_counts_and_only_whole_names() -> None:
    maps = {"/data": "/a", "/data/photos/": "/b"}
    paths = ["/data/photos/x", "/data/photos2/x", "/data", "/database/x", "relative/x"]
    found = [mapped_job(job(source={"path": path}), maps).source.path for path in paths]
    assert found == ["/b/x", "/a/photos2/x", "/a", "/database/x", "relative/x"]


def test_relative_paths_are_made_whole_before_they_travel() -> None:
    config = job(source={"path": "photos", "media_root": "media"}).model_dump_json(by_alias=True)
    source = JobConfig.model_validate_json(absolute(config)).source
    assert (source.path, source.media_root) == (str(Path("photos").absolute()), str(Path("media").absolute()))
