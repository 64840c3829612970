from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest

from batch.errors import RowError
from batch.gemma.adapter import Gemma
from batch.gemma.decoding.encode import Encoder, Refused, Towers
from batch.gemma.decoding.prompt import Prompt
from batch.prepared import Prepared
from tests.gemma import stock
from tests.gemma.rows import image, mel, prepared
from tests.gemma.tiny import DEMO, Architecture, Noise

Tiny = Callable[[Architecture], Path]


def encoded(encoder: Encoder, requests: list[Prepared]) -> list[tuple[int, Prompt] | Refused]:
    for number, request in enumerate(requests):
        encoder.add(number, request)
    done = []
    while encoder:
        done += encoder.advance()
    return done


class Counted(Towers):
    """Counts the images of each call."""

    def __init__(self, model: Any) -> None:
        super().__init__(model, "counted")
        self.calls: list[int] = []

    def images(self, pixels: Any) -> list[mx.array]:
        self.calls.append(len(pixels))
        return super().images(pixels)


def test_features_are_mlx_vlms_and_stand_in_the_order_of_their_placeholders(tiny: Tiny) -> None:
    noise = Noise(3)
    gemma = Gemma.load(tiny("e"), "float32")
    first, second, clip = image(noise, 96, 96), image(noise, 48, 144), mel(noise, 41)
    request = prepared(0, [[300, 301], first, [302], clip, second, [303]])
    prompt = gemma.prompt(request)
    kinds = np.select([request.token_ids == 1018, request.token_ids == 1019], [1, 3], 0)
    assert prompt.kinds.tolist() == kinds.tolist()
    _, arguments = stock.embed(gemma.model, request)
    expected = np.array(arguments["inputs_embeds"])[0][kinds > 0]
    np.testing.assert_allclose(np.array(prompt.features), expected, atol=2e-5)


def test_images_of_one_size_are_encoded_together_and_answers_keep_the_order_of_requests(tiny: Tiny) -> None:
    noise = Noise(5)
    towers = Counted(Gemma.load(tiny("e"), "float32").model)
    sizes = [(96, 96), (48, 96), (96, 96), (48, 96), (96, 96)]
    done = encoded(Encoder(towers), [prepared(row, [image(noise, *size)]) for row, size in enumerate(sizes)])
    assert [number for number, _ in done] == [0, 1, 2, 3, 4]
    assert towers.calls == [3, 2]


@pytest.mark.parametrize(("reuse", "calls"), [(True, [1]), (False, [3])])
def test_the_same_picture_is_encoded_once_where_its_key_says_so(reuse: bool, calls: list[int], tiny: Tiny) -> None:
    towers = Counted(Gemma.load(tiny("e"), "float32").model)
    picture = image(Noise(5), 96, 96)
    requests = [replace(prepared(row, [picture]), media_keys=(b"the same",)) for row in range(3)]
    done = encoded(Encoder(towers, reuse=reuse), requests)
    assert towers.calls == calls
    features = [np.array(entry[1].features) for entry in done if not isinstance(entry, Refused)]
    np.testing.assert_array_equal(features[0], features[2])


@pytest.mark.parametrize(("checkpoint", "dtype"), [("e", "float32"), ("e", "bfloat16"), ("demo", "bfloat16")])
def test_filling_clips_up_and_encoding_them_together_changes_not_a_bit_of_their_features(
    checkpoint: str, dtype: Any, tiny: Tiny
) -> None:
    gemma = Gemma.load(DEMO if checkpoint == "demo" else tiny("e"), dtype)
    noise = Noise(4)
    clips = [mel(noise, frames) for frames in (2, 89, 100)]
    together = gemma.towers.clips(clips)
    for clip, features in zip(clips, together, strict=True):
        assert mx.array_equal(features, stock.clip_features(gemma.model, clip)[0]).item(), len(clip)


def test_audio_for_a_checkpoint_without_ears_is_refused(tiny: Tiny) -> None:
    with pytest.raises(RowError, match="dense has no audio tower"):
        Gemma.load(tiny("dense")).prompt(prepared(0, [[300], mel(Noise(3), 30)]))


def test_placeholders_without_their_image_are_refused(tiny: Tiny) -> None:
    with pytest.raises(RowError, match="2 image placeholders in the prompt for 0 image features"):
        Gemma.load(tiny("dense")).prompt(prepared(0, [[300, 1018, 1018]]))


def test_a_picture_that_cannot_be_encoded_costs_no_other(tiny: Tiny) -> None:
    noise = Noise(6)
    odd = replace(prepared(1, [image(noise, 96, 96)]), images=(np.zeros((4, 96, 96), np.uint8),))
    requests = [prepared(0, [image(noise, 96, 96)]), odd, prepared(2, [image(noise, 96, 96)])]
    done = encoded(Gemma.load(tiny("e")).encoder(), requests)
    assert sorted(entry.number if isinstance(entry, Refused) else entry[0] for entry in done) == [0, 1, 2]
    assert [entry.number for entry in done if isinstance(entry, Refused)] == [1]
