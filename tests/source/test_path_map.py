"""Folders of another machine, and the paths that rows give."""

from batch.source.path_map import mapped, mapped_value

MAP = {"/data": "/a", "/data/photos/": "/b"}


def test_the_longest_folder_counts_and_only_whole_names() -> None:
    paths = ["/data/photos/x", "/data/photos2/x", "/data", "/database/x", "relative/x"]
    assert [mapped(path, MAP) for path in paths] == ["/b/x", "/a/photos2/x", "/a", "/database/x", "relative/x"]


def test_the_paths_in_a_media_column_are_led_and_all_else_is_left() -> None:
    same = [None, b"/data/x", "http://h/data/x", "data:;base64,AA==", {"bytes": b"x", "path": "/data/x"}]
    assert [mapped_value(value, MAP) for value in same] == same
    assert mapped_value(["/data/x", {"bytes": None, "path": "/data/y"}, "file:///data/z"], MAP) == [
        "/a/x",
        {"bytes": None, "path": "/a/y"},
        "file:///a/z",
    ]
    assert mapped_value("/data/x", {}) == "/data/x"
