"""Which of a dataset's files belong to a split, by the conventions `datasets` reads repositories with.

In order: `data/<split>-00000-of-00001*`, then a known keyword in a folder's or file's name, else all are
`train`. Knows names only.
"""

import re
from collections.abc import Iterable

from batch.errors import ConfigError

KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
NUMBERED = re.compile(r"(?:^|/)data/(?P<split>\w+(?:\.\w+)*)-\d{5}-of-\d{5}[^/]*$")
_BETWEEN = r"[-._ 0-9/]"


def splits(paths: Iterable[str]) -> dict[str, list[str]]:
    """Split name -> its files, sorted. A file that fits no split, where another does, belongs to none."""
    names = sorted(paths)
    numbered: dict[str, list[str]] = {}
    for name in names:
        if match := NUMBERED.search(name):
            numbered.setdefault(match["split"], []).append(name)
    if numbered:
        return numbered
    found = {split: [name for name in names if _mentions(name, words)] for split, words in KEYWORDS.items()}
    found = {split: files for split, files in found.items() if files}
    return found or ({"train": names} if names else {})


def _mentions(name: str, words: tuple[str, ...]) -> bool:
    return re.search(rf"(?:^|{_BETWEEN})(?:{'|'.join(words)})(?:{_BETWEEN}|$)", name) is not None


def choose_split(found: dict[str, list[str]], wanted: str | None, where: str) -> tuple[str, list[str]]:
    """The split asked for; without a wish the only one, or `train`. Raises ConfigError naming those there are."""
    if wanted is None:
        wanted = next(iter(found)) if len(found) == 1 else "train"
    if wanted in found:
        return wanted, found[wanted]
    hint = " For a part of a split, use source.limit." if "[" in wanted else ""
    raise ConfigError(
        f"source.split: {where} has no split {wanted!r}; it has: {', '.join(sorted(found)) or 'none'}.{hint}"
    )
