"""A dataset on the Hugging Face Hub: the rows as Parquet and a card, in one commit.

What is pushed lies in `export/hub` of the job's folder first. Pushing again goes on with the files the Hub lacks: it
knows them by their sha256, and equal rows make equal files. job.yaml stays here: it names folders of this machine.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from batch.errors import OutputError
from batch.export.finished import Finished
from batch.export.place import staged_file
from batch.export.wanted import STDOUT, Wanted, Written
from batch.hub import TransportError, endpoint
from batch.output import manifest

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
README, DATA = "README.md", "data"
CATEGORIES = {"caption": "image-to-text", "transcribe": "automatic-speech-recognition", "answer": "text-generation"}


def write(finished: Finished, wanted: Wanted) -> Written:
    """`--out` names the dataset. Raises OutputError: no name, no token, refused, or the line is down (push again)."""
    repo = wanted.out or ""
    if repo == STDOUT or not HUB_ID.fullmatch(repo):
        raise OutputError("--to hub needs the dataset's name, as in: --out your-name/photos")
    folder = finished.place / "hub"
    rows = _stage(finished, wanted, folder, repo)
    url = _push(folder, repo, private=wanted.private)
    return Written(url, rows, len(list((folder / DATA).iterdir())) + 1)


def _stage(finished: Finished, wanted: Wanted, folder: Path, repo: str) -> int:
    """The parts with the wanted rows, and the card. How many rows that is."""
    if folder.exists():
        shutil.rmtree(folder)
    total = 0
    for path in finished.paths:
        table = pq.read_table(path)
        if not wanted.every:
            table = table.filter(pc.equal(table.column("status"), "ok"))
        total += len(table)
        with staged_file(folder / DATA / path.name) as staged:
            pq.write_table(table, staged, compression="zstd")
    with staged_file(folder / README) as staged:
        staged.write_text(card(finished, repo, total), encoding="utf-8")
    return total


def card(finished: Finished, repo: str, rows: int) -> str:
    """The dataset card. No licence is claimed: the pictures' and texts' owner has to say it."""
    config = finished.config
    provenance = _footer(finished)
    columns = "\n".join(f"| `{field.name}` | {field.type} |" for field in finished.schema)
    return f"""---
configs:
  - config_name: default
    data_files:
      - split: train
        path: {DATA}/*.parquet
task_categories:
  - {CATEGORIES[config.task]}
tags:
  - gemma4-batch
  - machine-generated
---
# {repo.partition("/")[2]}

{rows} rows of task `{config.task}`, written by the model {json.dumps(config.model.path.rpartition("/")[2])}
(revision {provenance.get("revision")}) with gemma4-batch {provenance.get("versions", {}).get("gemma4-batch", "")}.
The answers are a model's: nobody has checked them.

| column | type |
|---|---|
{columns}
"""


def _footer(finished: Finished) -> dict[str, Any]:
    metadata = pq.read_metadata(finished.paths[0]).metadata or {}
    prefix = manifest.FOOTER_PREFIX.encode()
    return {
        key.removeprefix(prefix).decode(): json.loads(value)
        for key, value in metadata.items()
        if key.startswith(prefix)
    }


def _push(folder: Path, repo: str, *, private: bool) -> str:
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import HFValidationError

    if get_token() is None:
        raise OutputError(
            "no token of the Hub. Set HF_TOKEN, or log in with `hf auth login`; it must be allowed to write"
        )
    api = HfApi(endpoint=endpoint())
    try:
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo, repo_type="dataset", folder_path=folder, commit_message="Upload rows with gemma4-batch"
        )
    except (HfHubHTTPError, HFValidationError, TransportError, OSError, RuntimeError) as error:  # the last: an upload
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise OutputError(f"{repo} could not be pushed: {line}. The same command goes on where it stopped") from error
    return str(url)
