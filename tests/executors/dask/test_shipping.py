"""What travels with an assignment: its rows as the reader gives them, the files they name, and nothing else."""

from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from batch import wire
from batch.config.job import JobConfig
from batch.executors.dask.frames import read_frames
from batch.executors.dask.packing import LARGEST_BYTES, Packer
from batch.executors.dask.shipping import Shipment, ShippedFolder, rooted, shipped_folders
from batch.frames.reader import Row, RowsEnded
from batch.reading.shipped import ShippedRows
from batch.records import Assignment, RowFailed, Shard, Slice, WorkerJob
from batch.source.remote import MEDIUM
from batch.source.table import row_values


def packer(source: Path | str, schema: pa.Schema, **more: Any) -> Packer:
    config = JobConfig.model_validate(
        {"task": "caption", "source": {"path": str(source), **more}, "output": {"path": "out"}}
    )
    kept = pa.schema([]).serialize().to_pybytes()
    return Packer(WorkerJob(config.model_dump_json(by_alias=True), "", 1, schema.serialize().to_pybytes(), kept))


def rows_of(shipment: Shipment, schema: pa.Schema) -> list[Any]:
    return [
        (row.row_id, row_values(row.needed, schema)) if isinstance(row, Row) else row
        for row in read_frames(shipment.rows)
    ]


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_folders_wanted_files_and_their_sidecars_travel(tmp_path: Path) -> None:
    here = tmp_path / "album"
    (here / "a").mkdir(parents=True)
    for name in ("a/one.jpg", "a/one.jpg.xmp", "two.jpg", "two.xmp", "three.jpg"):
        (here / name).write_bytes(name.encode())
    slices = tuple(Slice(name, 0, 1) for name in ("a/one.jpg", "two.jpg", "three.jpg", "gone.jpg"))
    schema = pa.schema([("image", pa.string())])
    shipment = packer(here, schema).pack(Assignment(Shard(0, slices), (0, 1, 3)))
    assert shipment.files == {
        f"0/album/{name}": name.encode() for name in ("a/one.jpg", "a/one.jpg.xmp", "two.jpg", "two.xmp")
    }
    assert rows_of(shipment, schema) == [
        (f"{name}#0", {"image": name}) for name in ("a/one.jpg", "two.jpg", "gone.jpg")
    ]


def test_media_from_elsewhere_travel_in_their_rows() -> None:
    store = fsspec.filesystem("memory")
    store.pipe("/ship/a.jpg", b"content")
    schema = pa.schema([("image", MEDIUM)])
    shard = Shard(0, (Slice("a.jpg", 0, 1), Slice("b.jpg", 0, 1)))
    shipment = packer("memory://ship", schema).pack(Assignment(shard, (0, 1)))
    store.rm("/ship", recursive=True)
    sent, gone = rows_of(shipment, schema)
    assert sent == ("a.jpg#0", {"image": {"bytes": b"content", "path": "/ship/a.jpg"}})
    assert (gone.row, gone.error_kind, shipment.files) == (1, "missing_file", {})


def test_a_tables_rows_travel_with_the_bytes_in_them_and_the_files_they_may_name(tmp_path: Path) -> None:
    for name in ("data/near.jpg", "data/far.jpg", "more/else.jpg", "secret.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "data" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    medium = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    texts = ["near.jpg", str(tmp_path / "data/far.jpg"), "else.jpg", "../secret.jpg", "link.jpg", "http://x/y.jpg"]
    values = [{"bytes": b"inside", "path": "near.jpg"}, *({"bytes": None, "path": text} for text in texts)]
    schema = pa.schema([("image", medium)])
    table = tmp_path / "data" / "rows.parquet"
    pq.write_table(pa.table({"image": values}, schema=schema), table)
    shard = Shard(5, (Slice("rows.parquet", 0, 7),))
    source = packer(table, schema, media_root=str(tmp_path / "more"))
    assert source.pack(Assignment(shard, (0,))).files == {}
    whole = source.pack(Assignment(shard, tuple(range(7))))
    source.close()
    assert whole.files == {
        "0/data/near.jpg": b"data/near.jpg",
        "0/data/far.jpg": b"data/far.jpg",
        "1/more/else.jpg": b"more/else.jpg",
    }
    assert rows_of(whole, schema) == [(f"rows.parquet#{row}", {"image": value}) for row, value in enumerate(values)]


def test_a_row_that_cannot_be_read_ends_the_rows_with_the_reason(tmp_path: Path) -> None:
    schema = pa.schema([("image", pa.binary())])
    table = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"image": [b"a", b"b"]}, schema=schema), table)
    source = packer(tmp_path, schema)
    shipment = source.pack(Assignment(Shard(0, (Slice("rows.parquet", 0, 9),)), (1, 5)))
    source.close()
    message = "'rows.parquet' has no row 5 any more: it ends after 2"
    assert rows_of(shipment, schema) == [("rows.parquet#1", {"image": b"b"}), RowsEnded("missing_file", message)]


def test_a_file_too_large_for_one_message_fails_its_row_by_name(tmp_path: Path) -> None:
    with (tmp_path / "a.jpg").open("wb") as sparse:
        sparse.truncate(LARGEST_BYTES + 1)
    (tmp_path / "b.jpg").write_bytes(b"123")
    shard = Shard(2, (Slice("a.jpg", 0, 1), Slice("b.jpg", 0, 1)))
    shipment = packer(tmp_path, pa.schema([("image", pa.string())])).pack(Assignment(shard, (0, 1)))
    refused, sent = read_frames(shipment.rows)
    assert (refused.shard, refused.row, refused.error_kind) == (2, 0, "too_large")
    assert "a.jpg has 1,073,741,825 bytes" in refused.error_message
    assert (sent.row_id, list(shipment.files)) == ("b.jpg#0", [f"0/{tmp_path.name}/b.jpg"])


def test_what_came_is_read_as_it_was_and_gone_with_the_last_that_names_it() -> None:
    row = Row(3, 0, "t#0", b"needed", b"kept")
    failed = RowFailed(3, 1, "too_large", "large")
    one = Shipment(b"".join(map(wire.encode, (row, failed))), {"0/a/x.jpg": b"x", "0/a/y.jpg": b"y"})
    folder = ShippedFolder()
    folder.keep(3, one)
    folder.keep(4, Shipment(b"", {"0/a/x.jpg": b"x"}))
    assert list(ShippedRows(folder.path).read(Assignment(Shard(3, ()), (0, 1)))) == [row, failed]
    assert files_below(folder.path) == {"3.rows", "4.rows", "0/a/x.jpg", "0/a/y.jpg"}
    folder.drop(3, one)
    assert files_below(folder.path) == {"4.rows", "0/a/x.jpg"}
    folder.close()
    assert not folder.path.exists()


def test_a_name_that_leads_out_of_the_folder_is_refused() -> None:
    folder = ShippedFolder()
    with pytest.raises(ValueError, match="leads out"):
        folder.keep(0, Shipment(b"", {"../x.jpg": b""}))
    folder.close()


def test_a_node_is_told_the_folder_of_a_file_and_of_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").touch()
    for path in (tmp_path, tmp_path / "t.parquet", tmp_path / "*.parquet"):
        config = JobConfig.model_validate({"task": "answer", "source": {"path": str(path)}, "output": {"path": "out"}})
        assert rooted(config).source.path == str(tmp_path)
        assert shipped_folders(config) == {tmp_path: f"0/{tmp_path.name}"}
