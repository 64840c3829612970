"""Prepared requests travel whole, small ones in the header, large ones in the shared file."""

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from batch.child import read_frame
from batch.frames.preparer import ArrayHeader, PreparedHeader
from batch.prepare.arena import INLINE_BYTES, make_arena, put, take
from batch.prepared import Prepared, Sampling
from batch.records import RequestKey
from batch.wire import decode, encode


@pytest.fixture
def arena() -> Iterator[int]:
    descriptor = make_arena()
    yield descriptor
    os.close(descriptor)


def request(side: int) -> Prepared:
    random = np.random.default_rng(side)
    return Prepared(
        RequestKey(1, 2, 3),
        random.integers(0, 1000, 50).astype(np.int32),
        tuple(random.integers(0, 256, (3, side, side + i), np.uint8) for i in range(2)),
        (random.random((side, 128), np.float32),),
        33,
        Sampling(0.5, seed=2**32 - 1),
        '{"type": "string"}',
        ("exif_used",),
    )


def over_the_wire(header: PreparedHeader) -> PreparedHeader:
    import io

    frame = read_frame(io.BytesIO(encode(header)))
    assert frame is not None
    received = decode(*frame)
    assert isinstance(received, PreparedHeader)
    return received


@pytest.mark.parametrize("side", [1, 8, 100, 300])
def test_a_request_arrives_as_it_was(arena: int, side: int) -> None:
    sent = request(side)
    header = put(sent, arena)
    assert (header.data is None) == (sent.nbytes > INLINE_BYTES)
    came = take(over_the_wire(header), arena)
    for ours, theirs in zip(
        (came.token_ids, *came.images, *came.audio), (sent.token_ids, *sent.images, *sent.audio), strict=True
    ):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
    assert (len(came.images), len(came.audio), came.key) == (2, 1, sent.key)
    assert (came.max_tokens, came.sampling, came.json_schema, came.flags) == (
        sent.max_tokens, sent.sampling, sent.json_schema, sent.flags,
    )  # fmt: skip


def test_the_arena_is_used_again_for_the_next_request(arena: int) -> None:
    for side in (300, 100, 200):
        sent = request(side)
        came = take(put(sent, arena), arena)
        np.testing.assert_array_equal(came.images[1], sent.images[1])


def test_a_header_that_does_not_fit_its_bytes_is_refused(arena: int) -> None:
    header = put(request(100), arena)
    for wrong in (
        ArrayHeader("float32", (3, 100_000, 100_000)),
        ArrayHeader("float32", (-1, 3)),
        ArrayHeader("object", (4,)),
    ):
        with pytest.raises(ValueError, match="prepared request"):
            take(replace(header, arrays=(*header.arrays, wrong)), arena)
    os.ftruncate(arena, 1000)
    with pytest.raises(ValueError, match="in a smaller arena"):
        take(header, arena)
    small = put(request(1), arena)
    with pytest.raises(ValueError, match="reshape"):
        take(replace(small, data=(small.data or b"")[:-4]), arena)
