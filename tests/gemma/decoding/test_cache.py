import mlx.core as mx
import numpy as np

from batch.gemma.decoding.cache import CAPACITY_STEP, LayerShape, RowCache, SlotCache, ring_order

SHAPES = [LayerShape(2, 4, None), LayerShape(1, 4, 8)]


def row(value: float, places: int) -> RowCache:
    keys = [mx.full((1, 2, places, 4), value), mx.full((1, 1, min(places, 8), 4), value)]
    return RowCache(keys, [-key for key in keys], places)


def test_a_row_is_written_to_its_slot_and_no_other() -> None:
    cache = SlotCache(SHAPES, mx.float32)
    cache.resize(3, [])
    cache.write(1, row(5.0, 6))
    full, ring = np.array(cache.keys[0]), np.array(cache.keys[1])
    assert (full.shape, ring.shape) == ((3, 2, CAPACITY_STEP, 4), (3, 1, 8, 4))
    assert (full[1, :, :6] == 5).all()
    assert (np.array(cache.values[1])[1, :, :6] == -5).all()
    assert full.sum() == 5 * 2 * 6 * 4
    assert ring.sum() == 5 * 6 * 4


def test_more_and_fewer_slots_keep_the_rows_that_are_named_in_order() -> None:
    cache = SlotCache(SHAPES, mx.float32)
    cache.resize(4, [])
    for slot in range(4):
        cache.write(slot, row(slot + 1.0, 4))
    cache.resize(2, [1, 3])
    assert np.array(cache.keys[0])[:, 0, 0, 0].tolist() == [2, 4]
    cache.resize(8, [1])
    assert np.array(cache.keys[1])[:, 0, 0, 0].tolist() == [4, 0, 0, 0, 0, 0, 0, 0]


def test_room_grows_by_steps_and_what_is_there_stays() -> None:
    cache = SlotCache(SHAPES, mx.float32)
    cache.resize(2, [])
    cache.write(0, row(3.0, 100))
    cache.reserve(CAPACITY_STEP + 1)
    assert cache.capacity == 2 * CAPACITY_STEP
    assert cache.keys[0].shape == (2, 2, 2 * CAPACITY_STEP, 4)
    assert cache.keys[1].shape == (2, 1, 8, 4)
    assert np.array(cache.keys[0]).sum() == 3 * 2 * 100 * 4


def test_its_bytes_are_what_the_arrays_take() -> None:
    cache = SlotCache(SHAPES, mx.bfloat16)
    cache.resize(5, [])
    cache.reserve(300)
    assert cache.nbytes == sum(array.nbytes for array in (*cache.keys, *cache.values))


def test_a_ring_holds_the_last_positions_each_at_its_place() -> None:
    # Ten tokens, keys of positions 2 to 9 at hand, a ring of 4: positions 8, 9, 6, 7.
    assert ring_order(10, 2, 4).tolist() == [6, 7, 4, 5]
    assert ring_order(3, 0, 4).tolist()[:3] == [0, 1, 2]
