"""Sidecars: read back field by field by exiftool, merged with what was there, and undone."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from batch.errors import OutputError
from batch.export.exports import export
from batch.export.wanted import Wanted
from batch.export.xmp_packet import Fields, Unreadable, merge
from tests.commands import ROOT
from tests.finished_jobs import Failed, media_job

HOSTILE = '<script>alert("&amp;")</script> ]]> \x08 é 😀'
SAID = HOSTILE.replace("\x08", "")
TAGGED = json.dumps({"caption": "A red car.", "alt": "A car by a wall.", "keywords": ["car", "Places|Berlin", "car"]})
DIGIKAM = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <!-- mine -->
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:acme="http://acme.example/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="5" acme:secret="kept">
   <dc:description><rdf:Alt>
     <rdf:li xml:lang="x-default">Mine.</rdf:li><rdf:li xml:lang="de">Meins.</rdf:li>
   </rdf:Alt></dc:description>
   <dc:subject><rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>car</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in ("a.jpg", "sub/b.jpg", "c.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(folder / name)
    return folder


@pytest.fixture
def folder(photos: Path, tmp_path: Path) -> Path:
    return media_job(tmp_path / "out", photos, {"a.jpg": HOSTILE, "sub/b.jpg": TAGGED, "c.jpg": Failed("too_large")})


def exiftool(path: Path) -> dict[str, Any]:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    asked = ["exiftool", "-json", "-struct", "-charset", "utf8", "-lang", "en", "-XMP:all", str(path)]
    found: dict[str, Any] = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)[0]
    return {name: value for name, value in found.items() if name != "SourceFile"}


def test_exiftool_reads_every_field_back(folder: Path, photos: Path) -> None:
    export(folder, "xmp", Wanted())
    assert exiftool(photos / "a.jpg.xmp") == {"Description": SAID, "AltTextAccessibility": SAID}
    assert exiftool(photos / "sub/b.jpg.xmp") == {
        "Description": "A red car.",
        "AltTextAccessibility": "A car by a wall.",
        "Subject": ["car", "Berlin"],
        "TagsList": ["car", "Places/Berlin"],
        "HierarchicalSubject": ["car", "Places|Berlin"],
    }
    assert not (photos / "c.jpg.xmp").exists()


def test_exiftool_puts_sidecars_into_jpegs_as_the_page_says(folder: Path, photos: Path) -> None:
    """For software that reads the XMP of a JPEG in the file itself."""
    export(folder, "xmp", Wanted())
    sidecar = exiftool(photos / "sub/b.jpg.xmp")
    page = (ROOT / "docs/photo-library.md").read_text()
    line = next(line for line in page.splitlines() if line.startswith("exiftool "))
    command = line.partition("#")[0].replace("~/Pictures", str(photos)).split()
    # c.jpg failed and has no sidecar: exiftool names it and goes on.
    subprocess.run(command, capture_output=True, text=True)
    found = exiftool(photos / "sub/b.jpg")
    assert {name: value for name, value in found.items() if name != "XMPToolkit"} == sidecar
    assert (photos / "sub/b.jpg_original").exists()


def test_what_others_wrote_stays_and_ours_is_added(folder: Path, photos: Path) -> None:
    (photos / "sub/b.jpg.xmp").write_text(DIGIKAM)
    written = export(folder, "xmp", Wanted())
    assert exiftool(photos / "sub/b.jpg.xmp") == {
        "XMPToolkit": "XMP Core 4.4.0-Exiv2",
        "Rating": 5,
        "Secret": "kept",
        "Description": "Mine.",
        "Description-de": "Meins.",
        "Subject": ["holiday", "car", "Berlin"],
        "AltTextAccessibility": "A car by a wall.",
        "TagsList": ["car", "Places/Berlin"],
        "HierarchicalSubject": ["car", "Places|Berlin"],
    }
    text = (photos / "sub/b.jpg.xmp").read_text()
    assert "<!-- mine -->" in text
    assert 'xpacket end="w"' in text
    assert written.notes[1:] == (
        "new: 1, merged: 1, as they were: 0",
        "with a text of somebody else, which stays: 1 (--replace writes ours)",
    )


def test_replace_writes_over_a_text_of_somebody_else_in_that_language_only(folder: Path, photos: Path) -> None:
    (photos / "sub/b.jpg.xmp").write_text(DIGIKAM)
    export(folder, "xmp", Wanted(replace=True))
    found = exiftool(photos / "sub/b.jpg.xmp")
    assert (found["Description"], found["Description-de"]) == ("A red car.", "Meins.")


def test_a_second_export_replaces_its_own_text_and_nothing_else(folder: Path, photos: Path) -> None:
    export(folder, "xmp", Wanted())
    again = export(folder, "xmp", Wanted())
    assert "new: 0, merged: 0, as they were: 2" in again.notes
    shutil.move(folder / "export", folder.parent / "kept")
    shutil.rmtree(folder)
    media_job(folder, photos, {"a.jpg": "A new text."})
    shutil.move(folder.parent / "kept", folder / "export")
    export(folder, "xmp", Wanted())
    assert exiftool(photos / "a.jpg.xmp") == {"Description": "A new text.", "AltTextAccessibility": "A new text."}


def test_a_dry_run_says_and_writes_nothing(folder: Path, photos: Path) -> None:
    (photos / "sub/b.jpg.xmp").write_text(DIGIKAM)
    written = export(folder, "xmp", Wanted(dry_run=True))
    assert "would be new: 1, would be merged: 1, as they were: 0" in written.notes
    assert (photos / "sub/b.jpg.xmp").read_text() == DIGIKAM
    assert not (photos / "a.jpg.xmp").exists()
    assert not (folder / "export").exists()


def test_undo_puts_everything_back_but_what_somebody_changed_since(folder: Path, photos: Path) -> None:
    (photos / "sub/b.jpg.xmp").write_text(DIGIKAM)
    export(folder, "xmp", Wanted())
    export(folder, "xmp", Wanted(replace=True))
    (photos / "a.jpg.xmp").write_text("changed by hand")
    undone = export(folder, "xmp", Wanted(undo=True))
    assert (photos / "sub/b.jpg.xmp").read_text() == DIGIKAM
    assert (photos / "a.jpg.xmp").read_text() == "changed by hand"
    assert (undone.rows, undone.notes) == (
        1,
        (f"changed by somebody since, left as they are: 1, such as {str(photos / 'a.jpg.xmp')!r}",),
    )


def test_undo_removes_what_was_not_there(folder: Path, photos: Path) -> None:
    export(folder, "xmp", Wanted())
    export(folder, "xmp", Wanted(undo=True))
    assert [path.name for path in photos.rglob("*.xmp")] == []
    assert not (folder / "export/xmp").exists()


def test_out_puts_sidecars_elsewhere_in_the_same_tree(folder: Path, photos: Path, tmp_path: Path) -> None:
    export(folder, "xmp", Wanted(out=str(tmp_path / "sidecars")))
    found = {path.relative_to(tmp_path / "sidecars").as_posix() for path in (tmp_path / "sidecars").rglob("*.xmp")}
    assert found == {"a.jpg.xmp", "sub/b.jpg.xmp"}
    assert not list(photos.rglob("*.xmp"))


def test_a_photos_library_is_not_written_into(tmp_path: Path) -> None:
    library = tmp_path / "Photos.photoslibrary"
    (library / "originals").mkdir(parents=True)
    folder = media_job(tmp_path / "out", library, {"a.jpg": "A dog."})
    with pytest.raises(OutputError, match="is a Photos library"):
        export(folder, "xmp", Wanted())


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (b"no xml at all", "it is no XML"),
        (b"<x/>", "it has no rdf:RDF"),
        (b'<!DOCTYPE x [<!ENTITY a "aa">]><x>&a;</x>', "it declares entities"),
    ],
)
def test_what_is_no_packet_is_left_alone(folder: Path, photos: Path, there: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        merge(there, Fields("a", "a"))
    (photos / "a.jpg.xmp").write_bytes(there)
    written = export(folder, "xmp", Wanted())
    assert (photos / "a.jpg.xmp").read_bytes() == there
    assert any(note.startswith("left alone, ") and why in note for note in written.notes)


def test_a_plain_text_where_a_list_should_be_becomes_its_first_entry() -> None:
    there = DIGIKAM.replace("<rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>car</rdf:li></rdf:Bag>", "holiday")
    merged = merge(there.encode(), Fields("", "", ("car",))).packet.decode()
    assert "<rdf:Bag><rdf:li>holiday</rdf:li><rdf:li>car</rdf:li></rdf:Bag>" in merged
