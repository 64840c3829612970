"""A Hub model's outline on this disk: its settings and the headers of its weights, fetched as ranges, in files of the
right length that hold nothing else. What reads a checkpoint's headers reads it as it reads any folder.
"""

import struct
from pathlib import Path

from batch.errors import ModelError, SourceError
from batch.gemma.download import HubFile, is_wanted, listing
from batch.gemma.headers import INDEX, MAX_HEADER_BYTES
from batch.hub import RangeFile

READ = ("config.json", "generation_config.json", "processor_config.json", "tokenizer_config.json",
        "chat_template.json", "chat_template.jinja", INDEX)  # fmt: skip
MOST_BYTES = 32 * 1024**2  # of one of these


def fetch_outline(repo: str, revision: str | None, folder: Path) -> str:
    """Fill an empty folder; returns the commit. Files that are only looked for stand there without their content.

    Raises ModelError.
    """
    try:
        commit, listed = listing(repo, revision)
        for file in listed:
            if is_wanted(file.path):
                with (folder / file.path).open("xb") as stream:
                    stream.write(_content(repo, commit, file))
                    stream.truncate(file.size)
    except SourceError as exc:
        raise ModelError(str(exc)) from exc
    except OSError as exc:
        raise ModelError(f"model {repo}: {exc.filename}: cannot be written: {exc.strerror}") from exc
    return commit


def _content(repo: str, commit: str, file: HubFile) -> bytes:
    remote = RangeFile(repo, commit, file.path, file.size, "model")
    if file.path.endswith(".safetensors"):
        start = remote.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        return start + remote.read(length if length <= MAX_HEADER_BYTES else 0)
    return remote.read() if file.path in READ and file.size <= MOST_BYTES else b""
