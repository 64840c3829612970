from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import pytest

from batch.gemma.adapter import Gemma
from batch.gemma.decoding.choose import NAN, best_or_nan
from batch.gemma.decoding.encode import Refused
from batch.gemma.decoding.groups import grouped
from batch.gemma.decoding.loop import DecodeLoop, ahead_of
from batch.gemma.decoding.prefill import Prefill, piece_positions
from batch.gemma.decoding.rows import Token
from tests.gemma.rows import mixed, prepared
from tests.gemma.tiny import Architecture

Tiny = Callable[[Architecture], Path]


def loop_of(gemma: Gemma, slots: int, may_start: Callable[[int], bool] = lambda count: True) -> DecodeLoop:
    return DecodeLoop(gemma.text, gemma.encoder(), gemma.stop_ids, slots, may_start=may_start)


def tokens_of(loop: DecodeLoop, steps: int) -> list[Token]:
    found = [token for _ in range(steps) for token in loop.step()]
    assert not any(isinstance(token, Refused) for token in found)
    return [token for token in found if isinstance(token, Token)]


def test_a_row_gives_its_tokens_until_it_ends_or_is_removed(tiny: Tiny) -> None:
    loop = loop_of(Gemma.load(tiny("dense"), "float32"), 2)
    row = loop.add(prepared(0, [[300, 301, 302]], max_tokens=3))
    tokens = tokens_of(loop, 8)
    assert [(token.row, token.ends) for token in tokens] == [(row, None), (row, None), (row, "length")]
    assert len(loop) == 0
    other = loop.add(prepared(0, [[300, 301, 302]], max_tokens=9))
    assert len(tokens_of(loop, 4)) > 0
    loop.remove(other)
    assert tokens_of(loop, 3) == []
    loop.close()


def test_a_row_whose_first_token_is_its_last_takes_no_slot(tiny: Tiny) -> None:
    loop = loop_of(Gemma.load(tiny("dense"), "float32"), 2)
    loop.add(prepared(0, [[300, 301, 302]], max_tokens=1))
    assert [token.ends for token in tokens_of(loop, 4)] == ["length"]
    assert loop.slots_in_use == 0


def test_slots_stay_full_while_there_are_rows_to_fill_them(tiny: Tiny) -> None:
    """From the first full step until fewer rows are left than slots: one step in flight costs each row one step."""
    loop = loop_of(Gemma.load(tiny("e"), "float32"), 8)
    waiting = [prepared(row, [[300 + row] * (3 + row % 9)], max_tokens=12 + row % 17) for row in range(80)]
    busy, left = [], []
    while waiting or len(loop):
        while waiting and len(loop) < loop.slots + loop.ahead:
            loop.add(waiting.pop())
        loop.step()
        busy.append(loop.slots_in_use)
        left.append(len(waiting) + len(loop))
    steady = [used for used, rows in zip(busy, left, strict=True) if rows >= 2 * loop.slots][busy.index(8) :]
    assert sum(steady) / len(steady) / 8 > 0.9


def test_empty_slots_are_filled_before_the_first_decode_step(tiny: Tiny) -> None:
    loop = loop_of(Gemma.load(tiny("dense"), "float32"), 8)
    for row in range(12):
        loop.add(prepared(row, [[300 + row] * (3 + 40 * (row % 3))], max_tokens=9))  # more than one prefill
    while not loop.steps:
        loop.step()
    assert (loop.steps, loop.row_steps) == (1, 8)
    while len(loop):
        loop.step()
    assert loop.row_steps >= 12 * 8  # each row's first token comes of its prefill
    loop.close()


def test_too_few_rows_for_all_slots_wait_for_nobody(tiny: Tiny) -> None:
    loop = loop_of(Gemma.load(tiny("dense"), "float32"), 8)
    rows = {loop.add(prepared(row, [[300 + row] * (3 + 40 * row)], max_tokens=9)) for row in range(3)}
    while loop.steps < 2:
        loop.step()
    assert loop.row_steps < 2 * len(rows)
    loop.close()


def test_a_long_prompt_is_prefilled_in_pieces_while_the_others_go_on(tiny: Tiny) -> None:
    gemma = Gemma.load(tiny("e"), "float32")
    loop = loop_of(gemma, 4)
    short = loop.add(prepared(0, [[300, 301]], max_tokens=30))
    tokens_of(loop, 3)
    long = loop.add(prepared(1, [[302] * (2 * piece_positions() + 5)], max_tokens=2))
    found: list[Token] = []
    steps = 0
    while not any(token.row == long for token in found):
        found += tokens_of(loop, 1)
        steps += 1
    assert steps >= 4  # three pieces, and one step in flight
    assert sum(token.row == short for token in found) >= steps - 1


@pytest.mark.parametrize("architecture", ["e", "dense"])
def test_a_prompt_in_a_group_of_others_has_the_same_first_logits(architecture: Architecture, tiny: Tiny) -> None:
    gemma = Gemma.load(tiny(architecture), "float32")
    prompts = [gemma.prompt(request) for request in mixed(architecture, 50)[8:50:7]]
    together = Prefill(gemma.text, prompts).advance()
    assert together is not None
    for number, prompt in enumerate(prompts):
        alone = Prefill(gemma.text, [prompt]).advance()
        assert alone is not None
        assert mx.allclose(together[number], alone[0], atol=1e-3).item()


def test_nothing_new_starts_while_it_may_not_unless_nothing_runs(tiny: Tiny) -> None:
    loop = loop_of(Gemma.load(tiny("dense"), "float32"), 4, may_start=lambda count: False)
    rows = [loop.add(prepared(row, [[300 + row]], max_tokens=3)) for row in range(3)]
    assert [token.row for token in tokens_of(loop, 20)] == [row for row in rows for _ in range(3)]


def test_prompts_of_like_length_go_together() -> None:
    assert grouped([100, 99, 30, 90, 120], 8, 2048) == [0, 1, 3, 4]
    assert grouped([100, 99, 100, 100], 2, 2048) == [0, 1]
    assert grouped([2000, 2000, 2000, 2000], 8, 2048) == [0, 1]


def test_a_prompt_longer_than_a_piece_goes_alone() -> None:
    assert grouped([600, 600], 8, 512) == [0]
    assert grouped([500, 600, 500], 8, 512) == [0, 2]


@pytest.mark.parametrize("architecture", ["e", "dense"])
def test_a_prompt_in_pieces_has_the_logits_of_one_piece(architecture: Architecture, tiny: Tiny) -> None:
    gemma = Gemma.load(tiny(architecture), "float32")
    prompt = gemma.prompt(prepared(0, [[300 + place % 90 for place in range(2 * piece_positions() + 77)]]))
    pieces = Prefill(gemma.text, [prompt])
    assert pieces.advance() is None
    assert pieces.advance() is None
    last = pieces.advance()
    assert last is not None
    assert mx.allclose(last[0], Prefill(gemma.text, [prompt]).all_logits()[0, -1], atol=1e-3).item()


def test_requests_ahead_never_outnumber_the_slots() -> None:
    assert [ahead_of(slots) for slots in (1, 2, 8, 64, 256)] == [0, 1, 4, 32, 64]


def test_only_a_row_without_numbers_gets_no_token() -> None:
    logits = mx.array([[0.0, 2.0, 1.0], [float("nan")] * 3, [float("-inf"), 0.0, 3.0]])
    assert best_or_nan(logits).tolist() == [1, NAN, 2]
