"""Data as scripts: JSON that a script can hold, whatever is in it."""

import datetime
import decimal
import json
from typing import Any

import pytest

from batch.report.scripts import json_script, shown


@pytest.mark.parametrize("text", ["</script>", "<!--", "\u2028\u2029", 'a "quoted" \\ text', "&lt;", "😀 ok"])
def test_any_text_comes_back_and_cannot_end_the_script(text: str) -> None:
    written = json_script({"a": text})
    assert json.loads(written) == {"a": text}
    assert not set("<>&\u2028\u2029") & set(written)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (1.5, 1.5),
        (True, True),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (decimal.Decimal("1.20"), "1.20"),
        (b"abc", "3 bytes"),
        ({"xy": [1.0, float("nan")], 3: None}, {"xy": [1.0, "nan"], "3": None}),
    ],
)
def test_values_that_json_has_no_word_for_become_text(value: Any, said: Any) -> None:
    assert shown(value) == said
    json_script(shown(value))
