"""Checks that a built wheel holds the package, the demonstration model and the canary media, and nothing else.

`.ci/run` calls it:

python tests/wheel_contents.py gemma4_batch-*.whl
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAX_BYTES = 16_000_000


def expected() -> set[str]:
    """Every file of batch/ but caches, as the wheel should name it."""
    files = (path for path in (ROOT / "batch").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files if path.name != ".DS_Store"}


def faults(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    found = [f"missing: {name}" for name in sorted(expected() - names)]
    found += [f"not ours: {name}" for name in sorted(names - expected())]
    if "batch/gemma/demo/model.safetensors" not in names:
        found.append("the demonstration model is not in it")
    if not any(name.startswith("batch/gemma/canary/") for name in names):
        found.append("the canary media of `validate` are not in it")
    size = wheel.stat().st_size
    return found if size <= MAX_BYTES else [*found, f"{size:,} bytes, more than {MAX_BYTES:,}"]


if __name__ == "__main__":
    wheel = Path(sys.argv[1])
    found = faults(wheel)
    if found:
        raise SystemExit("\n".join([f"{wheel.name}:", *found]))
    print(f"{wheel.name}: {wheel.stat().st_size:,} bytes, whole")
