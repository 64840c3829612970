"""Equal long answers for different media: the mark of a model that did not look, or of one photo kept twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from batch.report.previews import Previews
from batch.report.survey import Survey


@dataclass(frozen=True, slots=True)
class Twins:
    """Rows with the same answer. `media`: how many different media these rows have, as far as is known."""

    rows: tuple[int, ...]
    media: int


def equal_answers(survey: Survey, previews: Previews) -> tuple[Twins, ...]:
    """The groups, largest first, but those whose rows all have the same medium. A row whose medium is unknown
    counts as one of its own: no evidence makes two rows the same photo."""
    digests = dict(_digests(survey, previews))
    groups = [Twins(tuple(rows), len({digests.get(row, str(row)) for row in rows})) for rows in survey.equal.values()]
    return tuple(sorted((group for group in groups if group.media > 1), key=lambda group: (-group.media, group.rows)))


def _digests(survey: Survey, previews: Previews) -> Iterable[tuple[int, str]]:
    concerned = {row for rows in survey.equal.values() for row in rows}
    by_task: Mapping[int, dict[int, str]] = {
        number: {medium.row: medium.digest for medium in done.media if medium.digest is not None}
        for number, done in previews.done.items()
    }
    for row in concerned:
        found = [by_task.get(task, {}).get(place) for task, place in survey.of_row.get(row, ())]
        if known := [digest for digest in found if digest is not None]:
            yield row, " ".join(known)
