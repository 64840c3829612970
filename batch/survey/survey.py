"""What there is to do, counted from headers: rows, pixels, hours, doubles, rows that will fail, prompts in full."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from batch.ask import ask, media_columns, metadata_used
from batch.config.sections import MediaConfig
from batch.errors import RowError
from batch.plan import Plan
from batch.source.folder import on_disk
from batch.source.medium import Media, media_of
from batch.source.source import media_roots, source_root
from batch.survey.duplicates import duplicates
from batch.survey.media import Seen, look
from batch.survey.rows import Sampled, sampled_rows
from batch.tasks import TASKS, Medium

PROMPTS = 3
FETCHED_OF_EACH = 4  # rows of each sampled shard, where media lie elsewhere
READERS = 4
AT_ONCE = 256
SHOWN = 3
SEGMENT_S = 25.0  # a recording is cut at pauses, 30 s at most: its requests are somewhat shorter than that


@dataclass(frozen=True)
class Prompt:
    row_id: str
    system: str | None
    text: str


@dataclass
class Survey:
    """Sums are of the rows that were looked at: `looked_at` of `rows`. `pixels` and `seconds` are known of
    `images_known` images and `recordings_known` recordings. `failing`: error kind -> rows, with some row_ids."""

    rows: int
    looked_at: int = 0
    images: int = 0
    images_known: int = 0
    pixels: int = 0
    recordings: int = 0
    recordings_known: int = 0
    seconds: float = 0.0
    segments: int = 0
    media_bytes: int = 0
    urls: int = 0
    failing: Counter[str] = field(default_factory=Counter)
    failing_rows: dict[str, list[str]] = field(default_factory=dict)
    duplicates: list[Sequence[str]] | None = None
    prompts: list[Prompt] = field(default_factory=list)
    prompt_characters: float = 0.0
    references: list[str] = field(default_factory=list)

    @property
    def scale(self) -> float:
        """What a sum over the rows looked at is multiplied by to be one over all rows."""
        return self.rows / self.looked_at if self.looked_at else 0.0

    def fail(self, row_id: str, kind: str) -> None:
        self.failing[kind] += 1
        named = self.failing_rows.setdefault(kind, [])
        if len(named) < SHOWN:
            named.append(row_id)

    def add(self, medium: Medium, seen: Seen) -> None:
        self.media_bytes += seen.nbytes
        if medium == "image":
            self.images += 1
            if seen.pixels is not None:
                self.images_known += 1
                self.pixels += seen.pixels
        else:
            self.recordings += 1
            if seen.seconds is not None:
                self.recordings_known += 1
                self.seconds += seen.seconds
                self.segments += max(1, round(seen.seconds / SEGMENT_S + 0.5))


def survey(plan: Plan, *, is_folder: bool) -> Survey:
    """Look at every file of a media folder, or at some rows of tables."""
    found = Survey(plan.rows)
    if is_folder and plan.config.source.is_local:
        _look_at_files(plan, found)
    elif is_folder:
        _look_at_rows(plan, found, sampled_rows(plan, rows=FETCHED_OF_EACH))  # every one comes over the network
    else:
        _look_at_rows(plan, found, sampled_rows(plan))
    return found


# ---------------------------------------------------------------- a folder of media
def _look_at_files(plan: Plan, found: Survey) -> None:
    medium: Medium = TASKS[plan.config.task].needs or ("image" if "image" in plan.schema.names else "audio")
    root = source_root(plan.config.source)
    paths = [part.path for shard in plan.shards for part in shard.slices]
    sizes: list[tuple[str, int]] = []

    def see(some: Sequence[str]) -> list[tuple[str, str, Seen]]:
        return [(path, *_see(root, path, medium, plan.config.media)) for path in some]

    with ThreadPoolExecutor(READERS) as pool:
        for some in pool.map(see, (paths[start : start + AT_ONCE] for start in range(0, len(paths), AT_ONCE))):
            for path, whole, seen in some:
                found.looked_at += 1
                found.add(medium, seen)
                sizes.append((whole, seen.nbytes))
                if seen.problem is not None:
                    found.fail(f"{path}#0", seen.problem)
    strip = len(str(root)) + 1
    found.duplicates = [[path[strip:] for path in group] for group in duplicates(sizes)]
    _read_prompts(plan, found, sampled_rows(plan, 1, PROMPTS))


def _see(root: Path, path: str, medium: Medium, settings: MediaConfig) -> tuple[str, Seen]:
    """(the file as the disk spells it, what it is)."""
    whole = f"{root}/{path}"
    seen = look(medium, Media(path.rpartition("/")[2], path=whole), settings)
    if seen.problem == "missing_file":  # Linux tells NFC from NFD
        whole = f"{root}/{on_disk(root, path)}"
        seen = look(medium, Media(path.rpartition("/")[2], path=whole), settings)
    return whole, seen


# ---------------------------------------------------------------- tables
def _look_at_rows(plan: Plan, found: Survey, sampled: Iterable[Sampled]) -> None:
    columns = media_columns(plan.config, plan.schema.names)
    rows = list(sampled)
    for row_id, values, _ in rows:
        found.looked_at += 1
        problem: str | None = None
        for medium, names in columns.items():
            for name in names:
                problem = _look_at_value(plan, found, medium, row_id, values[name]) or problem
        needs = TASKS[plan.config.task].needs
        if needs is not None and all(values[name] is None for name in columns[needs]):
            problem = "missing_media"
        if problem is not None:
            found.fail(row_id, problem)
    _read_prompts(plan, found, rows)


def _look_at_value(plan: Plan, found: Survey, medium: Medium, row_id: str, value: Any) -> str | None:
    """Counts the media of one value; the first problem among them."""
    source = plan.config.source
    try:
        media = media_of(value, roots=media_roots(source, row_id), allow_hosts=source.allow_hosts)
    except RowError as error:
        return error.kind
    problem = None
    for item in media:
        seen = look(medium, item, plan.config.media)
        found.urls += item.url is not None
        found.add(medium, seen)
        problem = problem or seen.problem
    return problem


# ---------------------------------------------------------------- prompts
def _read_prompts(plan: Plan, found: Survey, rows: Iterable[Sampled]) -> None:
    """Three prompts as the model will read them, the mean length of all, and rows whose template fails."""
    config, columns = plan.config, media_columns(plan.config, plan.schema.names)
    used = metadata_used(config, plan.schema.names)
    # What a file says of itself is not read here; its place is shown.
    placeholders = {name: {key: f"<{name}.{key}>" for key in fields} for name, fields in used.items()}
    lengths: list[int] = []
    for row_id, values, reference in rows:
        if reference is not None:
            found.references.append(str(reference))
        try:
            asked = ask(config, columns, values, (lambda _: placeholders) if used else None)
        except RowError as error:
            if error.kind != "missing_media":
                found.fail(row_id, error.kind)
            continue
        lengths.append(len(asked.prompt) + len(asked.system or ""))
        if len(found.prompts) < PROMPTS:
            found.prompts.append(Prompt(row_id, asked.system, asked.prompt))
    found.prompt_characters = mean(lengths) if lengths else 0.0
