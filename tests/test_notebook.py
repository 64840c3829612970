"""The notebook in examples/: valid, and every cell runs on a job's output."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.finished_jobs import Failed, media_job

NOTEBOOK = Path(__file__).parent.parent / "examples/read_results.ipynb"


def test_the_notebook_is_valid_and_holds_no_outputs() -> None:
    nbformat.validate(nbformat.read(NOTEBOOK, as_version=4))
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert [cell["outputs"] for cell in cells if cell["cell_type"] == "code" and cell["outputs"]] == []


def test_every_cell_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = media_job(tmp_path / "out", tmp_path, {"a.jpg": "A dog.", "b.jpg": Failed("undecodable")})
    monkeypatch.setenv("GEMMA4_BATCH_RESULT", str(folder))
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["rows"]["caption"].tolist()[0] == "A dog."
    assert (len(names["rows"]), names["column"]) == (2, "caption")
