from batch.machine.boot import boot_id


def test_a_boot_has_one_name() -> None:
    assert boot_id() == boot_id() != ""
