"""Which of the prompts that wait are prefilled together."""

from collections.abc import Sequence

GROUP_POSITIONS = 5120  # rows times length in one prefill: beyond 16 rows of 320 the device gains little
GROUP_ROWS = 32
ALIKE = 0.75  # prompts in one group are at least this long against the longest


def grouped(lengths: Sequence[int], most: int, piece: int) -> list[int]:
    """Places of prompts to prefill together: the first, and others about as long, within GROUP_POSITIONS.

    One that is longer than a `piece` goes alone, since several go in one: its arithmetic never depends on who waits.
    """
    group: list[int] = [0]
    low = high = lengths[0]
    if high > piece:
        return group
    for place, length in enumerate(lengths[1:], 1):
        if length > piece:
            continue
        longest, shortest = max(high, length), min(low, length)
        fits = longest * (len(group) + 1) <= GROUP_POSITIONS and len(group) < most
        if fits and shortest >= ALIKE * longest:
            group.append(place)
            low, high = shortest, longest
    return group
