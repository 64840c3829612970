"""Kinds become Arrow types, older parts fit today's columns, and every column is documented."""

import re
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pytest

from batch import tasks
from batch.errors import ERROR_KINDS
from batch.output import columns
from batch.records import FinishReason, Flag
from batch.result import STATUSES

PAGE = Path(__file__).parent.parent.parent / "docs" / "output.md"


def test_kinds_become_arrow_types() -> None:
    assert columns.arrow_type("list<struct<a: float64, b: list<string>, c: struct<d: int32>>>") == pa.list_(
        pa.struct([("a", pa.float64()), ("b", pa.list_(pa.string())), ("c", pa.struct([("d", pa.int32())]))])
    )
    with pytest.raises(ValueError, match="no Arrow type is called 'text'"):
        columns.arrow_type("list<text>")


@pytest.mark.parametrize("task", tasks.TASKS)
def test_every_task_has_all_columns_once(task: str) -> None:
    names = columns.result_schema(task, pa.schema([("id", pa.int64())])).names
    assert names[:2] == ["id", "row_id"]
    assert len(set(names)) == len(names)
    assert tasks.TASKS[task].column in names


def test_metadata_of_the_source_do_not_reach_the_output() -> None:
    kept = pa.schema([pa.field("id", pa.int64(), nullable=False, metadata={"a": "b"})], metadata={"huggingface": "{}"})
    schema = columns.result_schema("caption", kept)
    assert (schema.metadata, schema.field("id").metadata, schema.field("id").nullable) == (None, None, True)


def test_an_older_part_fits_todays_columns() -> None:
    schema = pa.schema([("id", pa.int64()), ("new", pa.string())])
    found = pa.table({"id": pa.array([1, 2], pa.int32()), "gone": ["x", "y"]})
    assert columns.aligned(found, schema).to_pylist() == [{"id": 1, "new": None}, {"id": 2, "new": None}]


def test_right_answers_are_counted_where_there_is_a_reference() -> None:
    rows = [("Red.", "red"), ("blue", "red"), (None, "red"), ("red", None), ("4", "4")]
    answers, references = zip(*rows, strict=True)
    blank: list[None] = [None] * len(rows)
    table = pa.table(
        {
            "answer": pa.array(answers), "reference": pa.array(references), "status": ["ok"] * len(rows),
            "error_kind": pa.array(blank, pa.string()), "flags": pa.array(blank, pa.list_(pa.string())),
            "prompt_tokens": pa.array(blank, pa.int32()), "completion_tokens": pa.array([1, 2, None, 3, 4], pa.int32()),
        }
    )  # fmt: skip
    counts = columns.count(table, "answer", "reference")
    assert (counts.compared, counts.correct, counts.prompt_tokens, counts.completion_tokens) == (4, 2, 0, 10)
    assert columns.count(table, "answer", None).compared == 0


def documented(section: str) -> list[str]:
    """The first cells of the tables in one section of the page."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)


def test_every_column_is_documented_and_no_other() -> None:
    names = {name: None for task in tasks.TASKS for name, _ in columns.our_columns(task)}
    assert sorted(documented("Columns")) == sorted(names)


def test_every_value_a_column_can_have_is_documented() -> None:
    assert documented("Status") == list(STATUSES)
    assert documented("Finish reason") == list(get_args(FinishReason))
    assert documented("Flags") == list(get_args(Flag))
    assert documented("Error kinds") == list(ERROR_KINDS)
