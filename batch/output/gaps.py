"""Shards for the rows that no part holds: where parts are missing between others, and after the last one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from batch.records import Shard, Slice

Place = tuple[int, int]  # (position of the file in the plan, row)
Run = tuple[Slice, ...]


def fill_gaps(present: Sequence[Shard], planned: Sequence[Shard]) -> list[Shard]:
    """`present` shards, each under its own number, and all rows of `planned` that they lack, each once.

    A missing number gets the rows that lie between its neighbours, as they are planned where the numbers agree; what
    lies nowhere between comes last.
    """
    order = {path: number for number, path in enumerate(_paths(planned))}
    covered: dict[str, list[tuple[int, int]]] = {}
    for part in (part for shard in present for part in shard.slices):
        covered.setdefault(part.path, []).append((part.start, part.stop))
    missing = [run for shard in planned if (run := tuple(_left(shard, covered)))]
    filled = list(present)
    number, begin = -1, (-1, -1)
    for shard in sorted(present, key=lambda shard: shard.index):
        free = range(number + 1, shard.index)
        end = _place(shard, order, last=False)
        between = [run for run in missing if begin < (order[run[0].path], run[0].start) < end] if free else []
        missing = [run for run in missing if run not in between]
        runs = between if len(between) == len(free) else _even(between, len(free))
        filled += [Shard(index, run) for index, run in zip(free, runs, strict=True)]
        number, begin = shard.index, _place(shard, order, last=True)
    filled += [Shard(index, run) for index, run in enumerate(missing, start=number + 1)]
    return sorted(filled, key=lambda shard: shard.index)


def _paths(shards: Iterable[Shard]) -> dict[str, None]:
    return dict.fromkeys(part.path for shard in shards for part in shard.slices)


def _place(shard: Shard, order: Mapping[str, int], *, last: bool) -> Place:
    if not shard.slices:
        return (-1, -1)
    part = shard.slices[-1 if last else 0]
    return (order.get(part.path, -1), part.stop - 1 if last else part.start)


def _left(planned: Shard, covered: Mapping[str, Sequence[tuple[int, int]]]) -> Iterator[Slice]:
    """What of a planned shard no present one holds; `covered` are the ranges that they hold, by path."""
    for part in planned.slices:
        reached = part.start
        for start, stop in (*sorted(covered.get(part.path, ())), (part.stop, part.stop)):
            if reached < min(start, part.stop):
                yield Slice(part.path, reached, min(start, part.stop))
            reached = max(reached, stop)


def _even(runs: Sequence[Run], count: int) -> list[Run]:
    """The rows in `count` runs of nearly the same length, in order; some are empty where there are fewer rows."""
    rows = [(part.path, row) for run in runs for part in run for row in range(part.start, part.stop)]
    cuts = [len(rows) * number // count for number in range(count + 1)] if count else []
    return [tuple(_joined(rows[start:stop])) for start, stop in pairwise(cuts)]


def _joined(rows: Sequence[tuple[str, int]]) -> Iterator[Slice]:
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or rows[end] != (rows[end - 1][0], rows[end - 1][1] + 1):
            yield Slice(rows[start][0], rows[start][1], rows[end - 1][1] + 1)
            start = end
