"""Names of exported files: the tree mirrored, never two alike, never outside."""

import pytest

from batch.export.names import file_names, media_name


def test_files_stand_as_the_media_do() -> None:
    assert file_names({"1": "2019/a.jpg", "2": "2020/a.jpg"}, ".txt") == {"1": "2019/a.txt", "2": "2020/a.txt"}


def test_names_that_a_disk_would_take_for_one_get_more_to_tell_them_apart() -> None:
    names = {"1": "a.jpg", "2": "a.png", "3": "B.jpg", "4": "b.jpg", "5": "c.jpg", "6": "c.jpg", "7": "a.jpg.jpg"}
    found = file_names(names, ".txt")
    assert found == {
        "1": "a.jpg-2.txt",
        "2": "a.png.txt",
        "3": "B.jpg.txt",
        "4": "b.jpg-2.txt",
        "5": "c.jpg.txt",
        "6": "c.jpg-2.txt",
        "7": "a.jpg.txt",
    }
    assert len({name.casefold() for name in found.values()}) == len(names)


def test_no_file_gets_the_name_of_a_folder() -> None:
    assert file_names({"1": "a.jpg", "2": "a.txt/b.jpg"}, ".txt") == {"1": "a.jpg.txt", "2": "a.txt/b.txt"}


@pytest.mark.parametrize(
    ("row_id", "named", "name"),
    [
        ("2019/a.jpg#0", None, "2019/a.jpg"),
        ("rows.parquet#7", None, "rows/0000007"),
        ("rows.parquet#7", "photos/x.jpg", "photos/x.jpg"),
        ("rows.parquet#7", "../../etc/x.jpg", "etc/x.jpg"),
        ("rows.parquet#7", "/etc/x.jpg", "etc/x.jpg"),
        ("rows.parquet#7", "..\\..\\x.jpg", "x.jpg"),
        ("rows.parquet#7", "https://example.org/a/b.jpg?size=2", "example.org/a/b.jpg"),
        ("rows.parquet#7", "data:image/png;base64,AAAA", "rows/0000007"),
        ("rows.parquet#7", "a\0\nb.jpg", "a__b.jpg"),
    ],
)
def test_a_row_is_named_for_its_file_and_stays_inside(row_id: str, named: str | None, name: str) -> None:
    assert media_name(row_id, named) == name


def test_a_name_too_long_for_a_disk_is_cut_and_stays_its_own() -> None:
    one, other = (media_name("t.parquet#1", "ä" * 150 + letter + ".jpg") for letter in "xy")
    assert one != other
    assert {len(one.encode()) <= 200, len(other.encode()) <= 200, one.endswith(".jpg")} == {True}
