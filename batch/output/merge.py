"""The folders of a job's portions put together as one result: all of them, once each, of one job, or none.

Works from `manifest.json` alone: a portion's folder may come from another machine, without its ledger. Built beside
the output under a hidden name and renamed at the end, so a result that is there is whole.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batch import durable
from batch.counts import Counts
from batch.errors import OutputError, PlanMismatch
from batch.output import manifest, parts
from batch.portion import Portion

SHOWN = 20


@dataclass(frozen=True)
class Finished:
    """A portion's folder that is complete, and its manifest."""

    folder: Path
    portion: Portion
    content: Mapping[str, Any]

    @property
    def identity(self) -> Mapping[str, str]:
        """All that answers depend on, and how the whole was cut; without which portion this is."""
        return {key: value for key, value in self.content["portion"]["identity"].items() if key != "portion"}


def merge(folders: Sequence[Path], out: Path) -> Mapping[str, Any]:
    """Put the portions in `folders` together in `out`; returns the new manifest.

    Raises OutputError (a folder that is no complete portion, a portion that is missing or there twice, a part that is
    not what its manifest says, `out` not empty) and PlanMismatch (portions of different jobs), naming each.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"--out {str(out)!r} is there already. Choose a folder that does not exist yet")
    found = [_read(folder) for folder in folders]
    _one_job(found)
    ordered = _each_once(found)
    staged = out.with_name(f".{out.name}.merging")
    with durable.translated(staged):
        shutil.rmtree(staged, ignore_errors=True)
        (staged / parts.DATA).mkdir(parents=True)
        files = list(_copy(ordered, staged))
        durable.sync_folder(staged / parts.DATA)
        shutil.copyfile(ordered[0].folder / manifest.JOB, staged / manifest.JOB)
        durable.sync_file(staged / manifest.JOB)
        content = _content(ordered, files)
        manifest.write_content(staged, content)
        if out.exists():
            out.rmdir()
        durable.replace(staged, out)
    return content


def _read(folder: Path) -> Finished:
    path = folder / manifest.NAME
    if not path.exists():
        raise OutputError(
            f"{str(folder)!r} has no {manifest.NAME}: its job is not complete, or it is no job's folder. "
            "Run it to its end (the same command resumes), then merge again"
        )
    content = json.loads(path.read_text(encoding="utf-8"))
    said = content.get("portion")
    if said is None:
        raise OutputError(f"{str(folder)!r} is a whole job, not a portion of one (run --shard I/N). Leave it out")
    return Finished(folder, Portion(said["index"], said["of"]), content)


def _one_job(found: Sequence[Finished]) -> None:
    """All portions are of one job, cut alike. Raises PlanMismatch with every difference and where it is."""
    first = found[0]
    for other in found[1:]:
        one = {"portions": str(first.portion.of), **first.identity}
        two = {"portions": str(other.portion.of), **other.identity}
        lines = [
            f"  {key}: {one.get(key, 'not set')} in {str(first.folder)!r}, {two.get(key, 'not set')} in "
            f"{str(other.folder)!r}"
            for key in sorted(one.keys() | two.keys())
            if one.get(key) != two.get(key)
        ]
        if lines:
            more = f"\n  and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
            raise PlanMismatch(
                "these are not portions of one job, cut alike:\n" + "\n".join(lines[:SHOWN]) + more + "\n"
                "Run the one that is wrong again with the config of the others (--fresh)"
            )


def _each_once(found: Sequence[Finished]) -> list[Finished]:
    """The portions in order. Raises OutputError naming those missing and those there twice."""
    of = found[0].portion.of
    folders: dict[int, list[str]] = defaultdict(list)
    for one in found:
        folders[one.portion.index].append(str(one.folder))
    wrong = [f"{index}/{of} is missing" for index in range(1, of + 1) if index not in folders]
    wrong += [
        f"{index}/{of} is there {len(names)} times: {', '.join(map(repr, names))}"
        for index, names in sorted(folders.items())
        if len(names) > 1
    ]
    if wrong:
        raise OutputError(f"portions do not make one whole: {'; '.join(wrong)}. Give every portion's folder once")
    return sorted(found, key=lambda one: one.portion.index)


def _copy(ordered: Sequence[Finished], staged: Path) -> Iterator[dict[str, Any]]:
    """Every part under its number in the whole plan; yields the manifest's entries in that order."""
    placed = [
        (one.portion.place(index), one.folder / entry["path"], entry)
        for one in ordered
        for index, entry in enumerate(one.content["files"])
    ]
    full = sorted((item for item in placed if item[2]["rows"]), key=lambda item: item[0])
    # A portion without rows has one empty part; only a job without any keeps one.
    for place, source, entry in full or placed[:1]:
        name = parts.part_name(place if full else 0)
        target = staged / name
        if source.exists():
            shutil.copyfile(source, target)
        if durable.sha256(target) != entry["sha256"]:
            raise OutputError(
                f"{str(source)!r} is {'missing' if not source.exists() else 'not what its manifest says (sha256)'}. "
                "Copy the portion's folder again from the machine that made it"
            )
        durable.sync_file(target)
        yield {**entry, "path": name}


def _content(ordered: Sequence[Finished], files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    content = {key: value for key, value in ordered[0].content.items() if key != "portion"}
    return content | {
        "rows": sum(entry["rows"] for entry in files),
        "files": list(files),
        "counts": _sum(one.content["counts"] for one in ordered).as_dict(),
        "begun_at": min(one.content["begun_at"] for one in ordered),
        "drive_cache_flushed": all(one.content["drive_cache_flushed"] for one in ordered),
        "portions": [
            {"portion": str(one.portion), "rows": one.content["rows"], "engine": one.content["engine"]}
            for one in ordered
        ],
    }


def _sum(counts: Iterable[Mapping[str, Any]]) -> Counts:
    total = Counts()
    for one in counts:
        total.add(Counts.from_json(json.dumps(one)))
    return total
