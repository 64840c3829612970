"""A cluster with certificates, made by the lines of docs/many-machines.md. `pytest -m slow tests/executors/dask`."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.commands import ROOT, answers_of, run_command
from tests.executors.dask.clusters import Cluster
from tests.executors.dask.test_cluster import fake_job, right_answers

pytestmark = [pytest.mark.slow, pytest.mark.network, pytest.mark.timeout(300)]


def make_certificates(folder: Path) -> None:
    page = (ROOT / "docs" / "many-machines.md").read_text()
    lines = re.findall(r"^openssl .*$", page, re.MULTILINE)
    assert len(lines) == 3
    folder.mkdir()
    for line in lines:
        subprocess.run(line, shell=True, check=True, cwd=folder, capture_output=True)


def test_a_cluster_runs_encrypted_and_takes_nobody_without_its_authoritys_certificate(tmp_path: Path) -> None:
    for name in ("mine", "foreign"):
        make_certificates(tmp_path / name)
    made = Cluster(tmp_path, tls=tmp_path / "mine")
    command = ("run", fake_job(tmp_path, 40, executor={"kind": "dask", "scheduler": made.address}))
    keys = ("executor.tls_ca", "executor.tls_cert", "executor.tls_key")
    settings = [word for option in made.tls_options(keys) for word in ("--set", option)]
    try:
        made.start_scheduler()
        made.start_node("node-0")
        made.wait_for_nodes(1)
        bare = run_command(*command)
        assert (bare.returncode, "wants certificates" in bare.stderr) == (2, True), bare.stderr
        stranger = run_command(*command, *(word.replace("/mine/", "/foreign/") for word in settings))
        assert (stranger.returncode, "no Dask scheduler answers" in stranger.stderr) == (1, True), stranger.stderr
        found = run_command(*command, *settings)
        assert found.returncode == 0, found.stderr
    finally:
        made.stop()
    assert answers_of(tmp_path / "out") == right_answers(40)
