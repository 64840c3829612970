import mlx.core as mx
import numpy as np
import pytest
from numpy.typing import NDArray

from batch.gemma.guide import Guide
from batch.gemma.sampler import Chooser, penalised, plainly_greedy, position_key, top_k, top_p
from batch.prepared import Sampling

LOGITS = mx.array([[2.0, 1.0, 0.0, -1.0, -2.0]])
PROMPT = mx.array([4])


def kept(logits: mx.array) -> list[int]:
    return np.flatnonzero(np.isfinite(np.array(logits)[0])).tolist()


def draws(sampling: Sampling, count: int, logits: mx.array = LOGITS) -> list[int]:
    chooser = Chooser(sampling)
    chosen = [int(mx.argmax(chooser(PROMPT, logits)).item())]
    while len(chosen) < count:
        chosen.append(int(mx.argmax(chooser(mx.array([chosen[-1]]), logits)).item()))
    assert chooser.error is None
    return chosen


def test_greedy_without_penalty_needs_no_chooser() -> None:
    assert plainly_greedy(Sampling())
    assert plainly_greedy(Sampling(top_p=0.5, top_k=3, seed=9))
    assert not plainly_greedy(Sampling(temperature=0.1))
    assert not plainly_greedy(Sampling(repetition_penalty=1.1))


def test_draws_follow_the_softmax_of_the_tempered_logits() -> None:
    count = 4000
    chosen = draws(Sampling(temperature=2.0, seed=1), count)
    expected = np.array(mx.softmax(LOGITS / 2.0, axis=-1))[0]
    np.testing.assert_allclose(np.bincount(chosen, minlength=5) / count, expected, atol=0.03)


def test_the_same_seed_draws_the_same_and_another_seed_another() -> None:
    first = draws(Sampling(temperature=1.0, seed=1), 50)
    assert draws(Sampling(temperature=1.0, seed=1), 50) == first
    assert draws(Sampling(temperature=1.0, seed=2), 50) != first


def test_keys_differ_for_every_seed_and_position() -> None:
    keys = {tuple(position_key(seed, position).tolist()) for seed in (-1, 0, 1, 2**62) for position in range(50)}
    assert len(keys) == 200


def test_top_k_keeps_the_k_most_likely() -> None:
    assert kept(top_k(LOGITS, 2)) == [0, 1]
    assert kept(top_k(LOGITS, 0)) == [0, 1, 2, 3, 4]
    assert kept(top_k(LOGITS, 9)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("p", "tokens"), [(0.1, [0]), (0.64, [0, 1]), (0.9, [0, 1, 2]), (1.0, [0, 1, 2, 3, 4])])
def test_top_p_keeps_the_fewest_whose_probabilities_reach_p(p: float, tokens: list[int]) -> None:
    assert kept(top_p(LOGITS, p)) == tokens  # 0.636, 0.234, 0.086, 0.032, 0.012


def test_top_p_also_holds_after_top_k_and_never_draws_what_is_ruled_out() -> None:
    assert set(draws(Sampling(temperature=5.0, top_k=3, top_p=0.7), 300)) == {0, 1}


def test_a_penalty_makes_seen_tokens_less_likely_whatever_their_sign() -> None:
    assert np.array(penalised(LOGITS, 2.0)).tolist() == [[1.0, 0.5, 0.0, -2.0, -4.0]]


def test_the_penalty_counts_tokens_of_prompt_and_answer() -> None:
    chooser = Chooser(Sampling(repetition_penalty=4.0))
    assert np.array(chooser(mx.array([0]), LOGITS))[0].tolist() == [0.5, 1.0, 0.0, -1.0, -2.0]
    assert np.array(chooser(mx.array([1]), LOGITS))[0].tolist() == [0.5, 0.25, 0.0, -1.0, -2.0]


def test_what_is_not_a_number_stays_so() -> None:
    broken = mx.array([[float("nan")] * 5])
    changed = Chooser(Sampling(temperature=1.0, top_k=2, top_p=0.5, repetition_penalty=1.2))(PROMPT, broken)
    assert bool(mx.all(mx.isnan(changed)).item())


class _BrokenGuide(Guide):
    def __init__(self) -> None:
        pass

    def allowed(self, vocabulary: int) -> NDArray[np.bool_]:
        raise ValueError("no such state")


def test_a_failing_guide_is_kept_as_the_rows_error_and_raises_nothing() -> None:
    chooser = Chooser(Sampling(temperature=1.0), _BrokenGuide())
    assert chooser(PROMPT, LOGITS).tolist() == LOGITS.tolist()
    assert str(chooser.error) == "no such state"
    assert chooser(mx.array([1]), LOGITS).tolist() == LOGITS.tolist()
