from batch.gemma.decoding.calibrate import Choice, fastest


def test_a_device_that_takes_the_same_for_all_gets_as_many_as_there_is_room_for() -> None:
    assert fastest(lambda rows: 10.0, 256).slots == 256
    assert fastest(lambda rows: 10.0, 100).slots == 100


def test_a_device_that_computes_in_proportion_gets_the_fewest() -> None:
    assert fastest(lambda rows: 2.0 * rows, 256) == Choice(8, {8: 16.0, 16: 32.0})


def test_where_the_knee_is_the_choice_is() -> None:
    chosen = fastest(lambda rows: max(20.0, rows / 3), 256)  # flat up to 60 rows
    assert chosen.slots == 64
    assert list(chosen.tried_ms) == [8, 16, 32, 64, 128]


def test_less_room_than_the_fewest_is_all_that_is_tried() -> None:
    assert fastest(lambda rows: 1.0, 3) == Choice(3, {3: 1.0})


def test_the_reason_names_memory_and_what_was_tried() -> None:
    assert Choice(8, {8: 16.0, 16: 32.0}).why(40) == (
        "memory has room for 40; decoding alone makes 500 tokens/s with 8, 500 tokens/s with 16"
    )
