"""The sentences of README.md and the module docstrings about who may import whom, held by reading the code.

The runner's side and the worker's side meet only in `executors/`; a heavy library has one home; there are
no cycles; `import batch.cli` is light.
"""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from batch.child import KINDS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "batch"

# What no list names is neutral: it may import neither side, so that a new module stands somewhere from its first day.
RUNNER_SIDE = (
    "cli", "commands", "plan", "runner", "loop", "interrupt", "schedule", "ledger", "output", "terminal", "export",
    "telemetry", "report", "survey", "sample", "compare", "starter",
)  # fmt: skip
WORKER_SIDE = (
    "worker", "open_rows", "feed", "reading", "repeats", "governor", "prepare", "preview", "engine", "checked_engine",
    "processor", "media", "gemma",
)  # fmt: skip
BRIDGE = ("executors",)
BENCH = ("bench",)  # measures all of them; only its command knows it
# The commands alone reach across, lazily: for the model tools, and for what of the speech detector identifies a job.
ALLOWED_ACROSS = {
    ("batch.commands.run", "batch.gemma.registry"),
    ("batch.commands.run", "batch.media.speech"),
    ("batch.commands.init", "batch.gemma.catalogue"),
    *(
        ("batch.commands.plan", f"batch.gemma.{name}")
        for name in ("answer", "fingerprint", "headers", "memory", "registry")
    ),
    *(
        ("batch.commands.validate", f"batch.gemma.{name}")
        for name in ("registry", "validation.table", "validation.validate")
    ),
    *(("batch.commands.models", f"batch.gemma.{name}") for name in ("catalogue", "download", "registry", "weights")),
    *(("batch.commands.inspect", f"batch.gemma.{name}") for name in ("inspect", "outline", "registry", "weights")),
    *(("batch.commands.convert", f"batch.gemma.{name}") for name in ("convert", "inspect", "registry")),
}
# The worker's side may know an engine without MLX; only these make the real one, inside functions.
HOMES = {
    "mlx": ("gemma/", "bench/"),
    "mlx_vlm": ("gemma/", "bench/"),
    "transformers": ("gemma/",),
    "tokenizers": ("gemma/",),
    "llguidance": ("gemma/",),
    # export/sqlite.py writes a database for people to take away; it is no state of the job.
    "sqlite3": ("ledger/", "export/sqlite.py"),
    "PIL": (
        "bench/",
        "media/image.py",
        "media/exif.py",
        "media/colour.py",
        "media/show.py",
        "media/tiff.py",
        "preview/thumbnail.py",
    ),
    "pi_heif": ("media/image.py", "bench/measures/preparing.py"),
    "rawpy": ("media/raw.py",),
    "av": ("media/audio.py",),
    "soundfile": ("media/audio.py",),
    "pysubs2": ("export/subtitles.py",),
    "dask": ("executors/dask/",),
    "distributed": ("executors/dask/",),
    "fsspec": ("source/store.py",),
}
NOWHERE = ("torch", "torchvision", "pickle", "cloudpickle", "dill", "marshal", "shelve")
HEAVY = ("mlx", "mlx_vlm", "transformers", "tokenizers", "torch", "numpy", "pyarrow", "datasets", "PIL", "pi_heif",
         "av", "soundfile", "pandas", "dask", "distributed", "fsspec", "sqlite3", "huggingface_hub", "llguidance",
         "pysubs2")  # fmt: skip
VAGUE = ("utils", "util", "helpers", "helper", "common", "base", "misc", "manager", "handler", "context", "pipeline",
         "step", "core", "tools", "shared")  # fmt: skip
HELP_SECONDS = 0.5


class Import(NamedTuple):
    """`importer` imports `imported` (a module of ours in full, otherwise the library's first name)."""

    importer: str
    imported: str
    where: str  # file:line
    lazy: bool

    def __str__(self) -> str:
        return f"{self.where} imports {self.imported}"


@cache
def modules() -> dict[str, Path]:
    paths = sorted(path for path in PACKAGE.rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


@cache
def imports() -> tuple[Import, ...]:
    return tuple(found for name, path in modules().items() for found in imports_of(name, path.read_text(), path))


def imports_of(importer: str, source: str, path: Path) -> Iterator[Import]:
    """All imports of one module but those for types only."""
    tree = ast.parse(source)
    types_only = {id(child) for node in ast.walk(tree) if is_type_checking(node) for child in ast.walk(node)}
    lazy = {id(child) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in types_only or not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for name in names_of(node):
            where = f"{path.name}:{node.lineno}"
            yield Import(importer, name if is_ours(name) else name.partition(".")[0], where, id(node) in lazy)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def names_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that a statement names; `from batch import wire` names batch.wire."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert node.level == 0, "imports are absolute"
    module = node.module or ""
    inside = [f"{module}.{alias.name}" for alias in node.names]
    return [name if name in modules() else module for name in inside] if is_ours(module) else [module]


def is_ours(name: str) -> bool:
    return name.partition(".")[0] == "batch"


def side(module: str) -> str:
    """runner, worker, bridge, bench or neutral."""
    first = module.split(".")[1] if "." in module else ""
    for name, words in (("runner", RUNNER_SIDE), ("worker", WORKER_SIDE), ("bridge", BRIDGE), ("bench", BENCH)):
        if first in words:
            return name
    return "neutral"


def file_of(module: str) -> str:
    return modules()[module].relative_to(PACKAGE).as_posix()


def test_the_sides_name_modules_that_exist() -> None:
    present = {name.split(".")[1] for name in modules() if "." in name}
    assert {*RUNNER_SIDE, *WORKER_SIDE, *BRIDGE, *BENCH} <= present


@pytest.mark.parametrize(("one", "other"), [("runner", "worker"), ("worker", "runner")])
def test_runner_side_and_worker_side_never_import_each_other(one: str, other: str) -> None:
    crossing = [found for found in imports() if side(found.importer) == one and side(found.imported) == other]
    assert [str(found) for found in crossing if (found.importer, found.imported) not in ALLOWED_ACROSS] == []


def test_the_commands_load_model_tools_only_inside_functions() -> None:
    assert [
        str(found) for found in imports() if (found.importer, found.imported) in ALLOWED_ACROSS and not found.lazy
    ] == []


def test_neutral_modules_import_neither_side() -> None:
    neutral = [found for found in imports() if side(found.importer) == "neutral" and found.importer != "batch.__main__"]
    assert [str(found) for found in neutral if is_ours(found.imported) and side(found.imported) != "neutral"] == []


def test_only_the_run_and_node_commands_and_other_executors_know_an_executor() -> None:
    known = {found.importer for found in imports() if side(found.imported) == "bridge"}
    beyond = {name for name in known if side(name) not in ("bridge", "bench")}
    assert beyond <= {"batch.commands.run", "batch.commands.node"}


def test_nothing_knows_the_bench_but_its_command_inside_a_function() -> None:
    known = [found for found in imports() if side(found.imported) == "bench" and side(found.importer) != "bench"]
    assert {(found.importer, found.lazy) for found in known} == {("batch.commands.bench", True)}


@pytest.mark.parametrize("module", ["batch.records", "batch.errors"])
def test_records_and_errors_import_nothing_of_ours_but_each_other(module: str) -> None:
    ours = {found.imported for found in imports() if found.importer == module and is_ours(found.imported)}
    assert ours <= {"batch.errors"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "worker"])
def test_each_kind_of_child_has_its_frames_which_import_nothing_of_ours_but_nouns(kind: str) -> None:
    module = f"batch.frames.{kind}"
    ours = {found.imported for found in imports() if found.importer == module and is_ours(found.imported)}
    assert module in modules()
    assert {name for name in ours if not name.startswith("batch.frames.")} <= {
        "batch.records",
        "batch.errors",
        "batch.prepared",
    }


@pytest.mark.parametrize("library", HOMES)
def test_a_heavy_library_is_imported_only_at_home(library: str) -> None:
    users = [(file_of(found.importer), found.where) for found in imports() if found.imported == library]
    assert [where for file, where in users if not file.startswith(HOMES[library])] == []


@pytest.mark.parametrize("library", NOWHERE)
def test_torch_and_pickle_are_imported_nowhere(library: str) -> None:
    assert [found.where for found in imports() if found.imported == library] == []


def test_remote_code_is_never_trusted() -> None:
    keywords = [
        f"{path.name}:{node.value.lineno}"
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.keyword)
        and node.arg == "trust_remote_code"
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    assert keywords == []


def test_the_preparers_never_load_mlx() -> None:
    """What a preparer imports, directly or through others: a Metal device is never touched there."""
    reached = reachable("batch.prepare.preparer")
    assert [name for name in reached if name in ("mlx", "mlx_vlm", "transformers")] == []


def reachable(module: str) -> set[str]:
    """Everything that is loaded by importing `module` (lazy imports are not)."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            waiting += [found.imported for found in imports() if found.importer == here and not found.lazy]
    return seen


def test_there_are_no_import_cycles() -> None:
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if is_ours(found.imported):
            graph[found.importer].add(found.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as cycle:
        pytest.fail(" -> ".join(cycle.args[1]))


def test_a_cycle_would_be_seen() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


def test_an_import_for_types_only_or_in_a_function_is_told_apart() -> None:
    source = (
        "from typing import TYPE_CHECKING\n"
        "import mlx.core as mx\n"
        "if TYPE_CHECKING:\n    import torch\n"
        "def late() -> None:\n    from batch import wire\n"
    )
    found = [(name.imported, name.lazy) for name in imports_of("batch.x", source, Path("x.py"))]
    assert found == [("typing", False), ("mlx", False), ("batch.wire", True)]


def test_files_are_named_after_what_they_hold() -> None:
    words = {(file, word) for file in map(file_of, modules()) for word in Path(file).stem.split("_")}
    assert [file for file, word in words if word in VAGUE] == []


def test_an_assert_only_ever_tells_the_type_checker_that_something_is_not_none() -> None:
    """Input is checked by errors with a sentence; `python -O` must change nothing."""
    asserts = [
        f"{path.name}:{node.lineno}"
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assert) and not ast.unparse(node.test).endswith(" is not None")
    ]
    assert asserts == []


def test_the_command_line_starts_without_anything_heavy() -> None:
    program = "import json, sys, batch.cli; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    assert [name for name in HEAVY if name in loaded] == []


def test_help_is_there_at_once() -> None:
    """Processor time, the best of three: other work on the machine does not count."""
    assert min(processor_seconds("-m", "batch", "--help") for _ in range(3)) < HELP_SECONDS


def processor_seconds(*arguments: str) -> float:
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return usage.ru_utime + usage.ru_stime
