"""Prompt templates: which columns they read, what they render, and what they may not do to us."""

import pytest

from batch.errors import ConfigError, RowError
from batch.template import metadata_fields, render, template_columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("Describe this image.", set()),
        ("{{ question }} {{ hint.text }}", {"question", "hint"}),
        ("{% for item in items if item %}{{ loop.index }}{{ item }}{% endfor %}", {"items"}),
        ("{% set a = b %}{{ a }}{{ range(3) }}", {"b"}),
        ('{{ row["my question"] }} {{ row.plain }} {{ other }}', {"my question", "plain", "other"}),
    ],
)
def test_a_template_reads_exactly_these_columns(text: str, columns: set[str]) -> None:
    assert template_columns(text) == columns


def test_a_syntax_error_names_the_line_and_quotes_it() -> None:
    with pytest.raises(ConfigError) as caught:
        template_columns("fine {{ a }}\n  broken {{ b }\n", where="system")
    assert str(caught.value) == (
        "system: line 2 is no valid Jinja2 template (unexpected '}'): 'broken {{ b }'. Columns are written {{ name }}."
    )


def test_an_unknown_filter_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="No filter named 'shout'"):
        template_columns("{{ a | shout }}")


@pytest.mark.parametrize("text", ["{{ row }}", "{{ row[name] }}", "{% for c in row %}{{ c }}{% endfor %}"])
def test_row_without_a_columns_name_is_refused_because_its_columns_are_unknown(text: str) -> None:
    with pytest.raises(ConfigError, match="must be followed by a column's name"):
        template_columns(text)


def test_values_are_rendered_and_null_renders_as_nothing() -> None:
    values = {"a": "x", "b": None, "n": 3, "c d": "e"}
    assert render('{{ a }}|{{ b }}|{{ n + 1 }}|{{ row["c d"] }}\n', values) == "x||4|e\n"


def test_a_rows_own_braces_are_data() -> None:
    assert render("{{ a }}", {"a": "{{ 7 * 7 }}{% raw %}"}) == "{{ 7 * 7 }}{% raw %}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ missing }}",
        "{{ a.b.c }}",
        "{{ a.__class__.__mro__ }}",
        "{{ 1 // 0 }}",
        "{{ items.append(1) }}",
        "{{ range(1000000) | list }}",
        "{{ 'x' * 100000000 }}",
        "{{ 10 ** 100000000 }}",
        "{{ '%999999999d' % 1 }}",
        "{% for i in range(9999) %}{% for j in range(9999) %}0123456789{% endfor %}{% endfor %}",
    ],
)
def test_what_a_template_may_not_do_fails_its_row_only(text: str) -> None:
    with pytest.raises(RowError) as caught:
        render(text, {"a": "x", "items": [1]}, where="prompt")
    assert caught.value.kind == "template_error"
    assert caught.value.message.startswith("prompt")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{{ question }}", {}),
        (
            "{{ exif.date }} {{ exif['gps'] }}{% if meta.keywords %}x{% endif %}",
            {"exif": {"date", "gps"}, "meta": {"keywords"}},
        ),
        ("{% set exif = 1 %}{{ exif }}", {}),
    ],
)
def test_metadata_is_read_field_by_field(text: str, fields: dict[str, set[str]]) -> None:
    assert metadata_fields(text) == fields


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ exif.dat }}", r"system: write {{ exif.date }} or .* or {{ exif.gps }}; exif has no dat\."),
        (
            "{{ meta }}",
            r"system: write {{ meta.title }} or {{ meta.keywords }} or {{ meta.people }} or {{ meta.album }}\.",
        ),
        ("{% for key in exif %}{{ key }}{% endfor %}", "system: write {{ exif.date }}"),
        ("{{ exif[field] }}", "system: write {{ exif.date }}"),
    ],
)
def test_a_field_that_metadata_does_not_have_is_a_config_error(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        metadata_fields(text, where="system")


def test_a_name_that_is_a_column_is_no_metadata() -> None:
    assert metadata_fields("{{ exif }} {{ meta.title }}", ["meta"]) == {"meta": {"title"}}
