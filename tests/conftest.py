"""Guards over the whole suite: no network, no writes outside the temporary folders (see tests/guard.py)."""

import os
import shutil
import tempfile
from collections.abc import Generator

import pytest
import urllib3  # noqa: F401  (it tries an IPv6 socket when it is imported, which the guard would lay at a test's door)

from tests.guard import Guard, fresh_folder, offline_environment, temporary_roots

# At import, before any test module: huggingface_hub reads these variables once, when it is imported.
_folder = fresh_folder()
os.environ.update(offline_environment(_folder))
_guard = Guard()


def pytest_configure(config: pytest.Config) -> None:
    _guard.install()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(_folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _temporary_folders(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """Everything temporary, tempfile's own files included, lies in pytest's folder or in ours."""
    own = _folder / "tmp"
    own.mkdir()
    _guard.writable = temporary_roots(tmp_path_factory.getbasetemp(), _folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(own))
        patch.setattr(tempfile, "tempdir", str(own))
        yield


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """The test function itself is watched; fixtures and pytest's own files are not."""
    markers = {marker.name for marker in pyfuncitem.iter_markers()}
    with _guard.watch(loopback="network" in markers, anywhere="anywhere" in markers):
        return (yield)


@pytest.fixture
def guard() -> Guard:
    """The guard itself, for the tests of the guard."""
    return _guard
