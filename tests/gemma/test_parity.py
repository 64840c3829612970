"""Our logits against the reference's, on text, images and audio; and each fault of mlx-vlm that we correct.

Everywhere against committed figures; with `-m reference`, where torch is installed, against transformers itself.
"""

import math
from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from mlx_vlm.models.gemma4.processing_gemma4 import Gemma4Processor
from numpy.typing import NDArray

from batch.errors import RowError
from batch.gemma.adapter import Gemma
from batch.gemma.decoding.prefill import Prefill
from batch.gemma.decoding.prompt import IMAGE, Prompt
from batch.gemma.features import audio_tokens, mel_frames
from batch.prepared import Prepared
from tests.gemma import stock
from tests.gemma.parity_cases import CASES, FIXTURES, cases, kept, prepare
from tests.gemma.tiny import ARCHITECTURES, SPECIAL, Architecture

TOLERANCE = 5e-3
EACH = [pytest.param(a, name, id=f"{a}-{name}") for a in ARCHITECTURES for name in cases(a)]
BOTH_WAYS = [
    pytest.param(a, name, id=f"{a}-{name}") for a in ("moe", "dense") for name in cases(a) if CASES[name].images
]


@pytest.fixture(scope="module")
def gemma(tiny: Callable[[Architecture], Path]) -> Callable[[Architecture], Gemma]:
    loaded: dict[Architecture, Gemma] = {}

    def load(architecture: Architecture) -> Gemma:
        if architecture not in loaded:
            loaded[architecture] = Gemma.load(tiny(architecture), "float32")
        return loaded[architecture]

    return load


@pytest.fixture(scope="module")
def figures() -> Callable[[Architecture, str, str], NDArray[np.float32]]:
    files = {architecture: np.load(FIXTURES / f"{architecture}.npz") for architecture in ARCHITECTURES}
    return lambda architecture, case, what: files[architecture][f"{case}/{what}"]


def ours(gemma: Gemma, prepared: Prepared) -> NDArray[np.float32]:
    return np.array(gemma.logits(prepared))


@pytest.mark.parametrize(("architecture", "name"), EACH)
def test_logits_equal_the_references_figures(
    architecture: Architecture,
    name: str,
    gemma: Callable[[Architecture], Gemma],
    figures: Callable[[Architecture, str, str], NDArray[np.float32]],
) -> None:
    loaded = gemma(architecture)
    prepared = prepare(loaded.path, CASES[name])
    assert prepared.token_ids.tolist() == figures(architecture, name, "ids").tolist()
    logits = ours(loaded, prepared)
    expected = figures(architecture, name, "logits")
    np.testing.assert_allclose(kept(logits), expected, rtol=0, atol=TOLERANCE)
    assert np.mean(logits.argmax(axis=-1) == figures(architecture, name, "best")) > 0.98


@pytest.mark.reference
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_equal_the_reference_at_every_position(
    architecture: Architecture, gemma: Callable[[Architecture], Gemma]
) -> None:
    pytest.importorskip("torch")
    from tests.gemma.reference import Reference

    loaded = gemma(architecture)
    reference = Reference(loaded.path)
    for name in cases(architecture):
        prepared = prepare(loaded.path, CASES[name])
        expected = reference.logits(prepared, CASES[name])
        np.testing.assert_allclose(ours(loaded, prepared), expected, rtol=0, atol=TOLERANCE, err_msg=name)


# ---------------------------------------------------------------- the three faults
@pytest.mark.parametrize(("architecture", "name"), BOTH_WAYS)
def test_fault_1_mlx_vlms_own_masks_give_other_logits_for_images(
    architecture: Architecture,
    name: str,
    gemma: Callable[[Architecture], Gemma],
    figures: Callable[[Architecture, str, str], NDArray[np.float32]],
) -> None:
    """Should this fail, mlx-vlm has corrected its masks."""
    model = gemma(architecture).model
    ids, arguments = stock.embed(model, prepare(gemma(architecture).path, CASES[name]))
    logits = np.array(model.language_model(mx.array([ids]), cache=model.make_cache(), **arguments).logits[0])
    assert np.abs(kept(logits) - figures(architecture, name, "logits")).max() > 1


def test_fault_1_an_images_tokens_see_each_other_within_the_window_on_sliding_layers_only(
    gemma: Callable[[Architecture], Gemma],
) -> None:
    count = 40  # window 32; image at 2..36
    kinds = np.array([IMAGE if 2 <= position < 37 else 0 for position in range(count)], np.int32)
    full, sliding = Prefill(gemma("moe").text, [Prompt(np.arange(count, dtype=np.int32), kinds)]).masks(count)
    assert full == "causal"
    sees = np.array(sliding)[0, 0]
    for query in range(count):
        for key in range(count):
            same_image = 2 <= query < 37 and 2 <= key < 37
            assert sees[query, key] == ((key <= query or same_image) and query - key < 32)


def test_fault_2_placeholders_count_what_the_convolutions_leave() -> None:
    """68 durations from 0.1 to 13.5 s: ours equals the audio tower's output; mlx-vlm counts milliseconds."""
    wrong = 0
    for step in range(68):
        samples = 1600 + 3200 * step + 37 * step
        count = audio_tokens(len(mel_frames(np.zeros(samples, np.float32))))
        frames = (samples + 160 - 321) // 160 + 1  # transformers' Gemma4Processor._compute_audio_num_tokens
        assert count == math.ceil(math.ceil(frames / 2) / 2)
        theirs = math.ceil(samples / 16 / 40)
        wrong += theirs != count
    assert wrong > 10


def test_fault_2_mlx_vlm_still_counts_milliseconds() -> None:
    """Should this fail, mlx-vlm has corrected it."""
    processor = Gemma4Processor.__new__(Gemma4Processor)
    processor.audio_ms_per_token, processor.audio_seq_length = 40, 750
    samples = np.zeros(int(16_000 * 7.77), np.float32)
    assert processor._compute_audio_num_tokens(samples, 16_000) == 195
    assert audio_tokens(len(mel_frames(samples))) == 194


def test_fault_2_another_number_of_placeholders_than_features_is_refused(
    gemma: Callable[[Architecture], Gemma],
) -> None:
    """mlx-vlm would fill the one too many with the clip's first feature again."""
    prepared = prepare(gemma("e").path, CASES["audio that milliseconds would miscount"])
    place = prepared.token_ids.tolist().index(SPECIAL["<|audio|>"])
    ids = np.insert(prepared.token_ids, place, SPECIAL["<|audio|>"])
    with pytest.raises(RowError, match="195 audio placeholders in the prompt for 194 audio features"):
        gemma("e").prompt(Prepared(prepared.key, ids, audio=prepared.audio))


def test_fault_3_clips_of_different_length_in_one_padded_batch_give_other_logits(
    gemma: Callable[[Architecture], Gemma],
    figures: Callable[[Architecture, str, str], NDArray[np.float32]],
) -> None:
    """The way mlx-vlm goes: clips padded to one length, encoded together, flattened with their padding."""
    loaded = gemma("e")
    prepared = prepare(loaded.path, CASES["two clips of different length"])
    longest = max(map(len, prepared.audio))
    padded = np.stack([np.pad(clip, ((0, longest - len(clip)), (0, 0))) for clip in prepared.audio])
    valid = np.stack([np.arange(longest) < len(clip) for clip in prepared.audio])
    ids = mx.array(prepared.token_ids)[None]
    embedded = loaded.model.get_input_embeddings(
        ids, input_features=mx.array(padded), input_features_mask=mx.array(valid)
    )
    output = loaded.model.language_model(ids, cache=loaded.model.make_cache(), **embedded.to_dict())
    expected = figures("e", "two clips of different length", "logits")
    assert np.abs(kept(np.array(output.logits[0])) - expected).max() > 1
