"""The workloads: the same requests for everybody, of the lengths that are said."""

from statistics import median

import numpy as np
import pytest

from batch.bench.workloads import NAMES, WORKLOADS, Model, make, picture_size

MODEL = Model(vocabulary=262144, image_id=258880, audio_id=258881, soft_tokens=280, hears=True)
SMALL = Model(vocabulary=262144, image_id=258880, audio_id=258881, soft_tokens=2, hears=True)


def test_captions_have_an_image_twenty_words_and_a_long_tail() -> None:
    (first,) = make("captions", MODEL, 1)
    assert first.images[0].shape == (3, 672, 960)
    assert int(np.sum(first.token_ids == MODEL.image_id)) == 280
    assert len(first.token_ids) == 300
    lengths = sorted(request.max_tokens for request in make("captions", SMALL, 400))
    assert 50 <= median(lengths) <= 70
    assert 150 <= lengths[int(0.95 * len(lengths))] <= 250
    assert lengths[-1] <= 256


def test_a_transcript_is_thirty_seconds_of_sound() -> None:
    (request,) = make("transcripts", MODEL, 1)
    assert request.audio[0].shape == (2999, 128)
    assert int(np.sum(request.token_ids == MODEL.audio_id)) == 750


@pytest.mark.parametrize("name", NAMES)
def test_more_requests_begin_with_the_same(name: str) -> None:
    few, more = make(name, MODEL, 4, seed=3), make(name, MODEL, 6, seed=3)
    for one, other in zip(few, more, strict=False):
        assert (one.key, one.max_tokens) == (other.key, other.max_tokens)
        assert np.array_equal(one.token_ids, other.token_ids)
        assert all(map(np.array_equal, (*one.images, *one.audio), (*other.images, *other.audio)))


def test_mixed_takes_the_others_in_turns_without_sound_where_nobody_hears_it() -> None:
    deaf = Model(vocabulary=1024, image_id=9, audio_id=10, soft_tokens=70, hears=False)
    kinds = [(len(request.images), len(request.audio)) for request in make("mixed", MODEL, 8)]
    assert kinds == [(1, 0), (0, 1), (0, 0), (0, 0)] * 2
    assert [len(request.audio) for request in make("mixed", deaf, 8)] == [0] * 8


@pytest.mark.parametrize("soft_tokens", [70, 140, 280, 560, 1120])
def test_a_picture_uses_its_budget(soft_tokens: int) -> None:
    height, width = picture_size(soft_tokens)
    assert 0.95 * soft_tokens <= height * width / 48**2 <= soft_tokens


def test_questions_are_short() -> None:
    assert {request.max_tokens for request in make("questions", MODEL, 9)} == {4}
    assert WORKLOADS["questions"].images == 0
