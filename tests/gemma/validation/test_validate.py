"""The demonstration model passes; with a fault put in, the check that is there for it fails."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest

from batch.errors import ModelError
from batch.gemma.decoding.encode import Towers
from batch.gemma.decoding.text import TextLayers
from batch.gemma.features import MEL_FLOOR
from batch.gemma.registry import DEMO, ResolvedModel
from batch.gemma.validation import session, table
from batch.gemma.validation.batches import agreement
from batch.gemma.validation.findings import Finding, Report
from batch.gemma.validation.protocol import CANARY, Protocol
from batch.gemma.validation.validate import is_demo, validate
from tests.commands import run_command
from tests.gemma.tiny import Architecture
from tests.gemma.validation.small import SMALL

DEMO_MODEL = ResolvedModel("demo", DEMO, None)


def failures(report: Report) -> list[str]:
    return [f"{finding.section}: {finding.name}" for finding in report.findings if finding.verdict == "fail"]


def part(**changes: Any) -> Protocol:
    """A protocol with only some of the small one's parts."""
    empty: dict[str, Any] = {"questions": SMALL.questions, "swaps": (), "batched": (), "sizes": ()}
    return Protocol(**{**empty, **changes})


@pytest.fixture(scope="module")
def whole() -> Report:
    return validate(DEMO_MODEL, protocol=SMALL)


def test_the_demonstration_model_passes(whole: Report) -> None:
    assert failures(whole) == []
    assert whole.passed
    found = {(finding.section, finding.name): (finding.verdict, finding.note) for finding in whole.findings}
    assert found == {
        ("headers", "PLE grade"): ("pass", "safe: nothing is quantised"),
        ("headers", "towers"): ("pass", "audio, image"),
        ("chat", "English"): ("pass", "exact"),
        ("chat", "Japanese"): ("pass", "mechanical only"),
        ("image", "blue circle"): ("pass", "exact"),
        ("image", "red star"): ("pass", "exact"),
        ("transcription", "two words"): ("pass", "exact"),
        ("transcription", "three words"): ("pass", "exact"),
        ("transcription", "no speech"): ("pass", "nobody speaks, so nothing is asked (no_speech)"),
        ("controls", "image swap: red star"): ("pass", "asked with the medium of 'blue circle': changed"),
        ("controls", "audio swap: two words"): ("pass", "asked with the medium of 'three words': changed"),
        **{
            ("batches", f"4 at once, {dtype}"): ("pass", "4 of 4 rows equal to the same row alone")
            for dtype in ("bfloat16", "float32")
        },
    }


def test_speed_and_memory_are_measured_per_modality(whole: Report) -> None:
    assert [(speed.modality, speed.requests) for speed in whole.speeds] == [("text", 2), ("image", 2), ("audio", 2)]
    for speed in whole.speeds:
        assert speed.peak_bytes >= whole.facts["weight_bytes"]
        assert speed.seconds > 0
        assert speed.tokens_per_s == pytest.approx(speed.completion_tokens / speed.seconds)


def test_the_report_says_what_its_checks_do_not_show(whole: Report) -> None:
    assert [note.split(":")[0] for note in whole.notes] == ["demonstration model"]
    assert "mechanically only" in whole.notes[0]


def test_another_picture_than_was_meant_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    right = session.load
    swapped = {"blue-circle.jpg": "black-square.jpeg"}
    monkeypatch.setattr(session, "load", lambda path, limits: right(CANARY / swapped.get(path.name, path.name), limits))
    assert failures(validate(DEMO_MODEL, "float32", part())) == ["image: blue circle"]


def test_a_model_that_sees_the_same_in_every_picture_fails_the_control(monkeypatch: pytest.MonkeyPatch) -> None:
    seeing = Towers.images
    monkeypatch.setattr(Towers, "images", lambda self, pixels: seeing(self, [np.full_like(one, 128) for one in pixels]))
    found = failures(validate(DEMO_MODEL, "float32", part(swaps=SMALL.swaps)))
    assert "controls: image swap: red star" in found
    assert "controls: audio swap: two words" not in found


def test_a_model_that_hears_the_same_in_every_recording_fails_the_control(monkeypatch: pytest.MonkeyPatch) -> None:
    hearing = Towers.clips
    silence = np.log(MEL_FLOOR)
    monkeypatch.setattr(Towers, "clips", lambda self, mels: hearing(self, [np.full_like(mel, silence) for mel in mels]))
    found = failures(validate(DEMO_MODEL, "float32", part(swaps=SMALL.swaps)))
    assert "controls: audio swap: two words" in found
    assert "controls: image swap: red star" not in found


@pytest.mark.parametrize("dtype", ["float32", pytest.param("auto", marks=pytest.mark.slow)])
def test_a_broken_mask_fails_the_batches_however_sure_the_answers_are(
    monkeypatch: pytest.MonkeyPatch, dtype: Any
) -> None:
    right = TextLayers.visible
    monkeypatch.setattr(TextLayers, "visible", lambda self, places, positions: right(self, places, positions[:1]))
    asked = tuple(SMALL.named(name) for name in SMALL.batched)
    report = validate(DEMO_MODEL, dtype, Protocol(asked, (), SMALL.batched, (4,)))
    assert failures(report)[0] == f"batches: 4 at once, {'bfloat16' if dtype == 'auto' else dtype}"


def test_a_tower_that_is_not_there_is_passed_over_and_said(tiny: Callable[[Architecture], Path]) -> None:
    """A tiny random model knows nothing: it fails, by its own checks, and the audio part is skipped."""
    names = ("blue circle", "two words")
    protocol = Protocol(tuple(SMALL.named(name) for name in names), (("two words", "three words"),), ("two words",), ())
    protocol = Protocol((*protocol.questions, SMALL.named("three words")), protocol.swaps, (), ())
    report = validate(ResolvedModel("dense", tiny("dense"), None), protocol=protocol)
    skipped = [finding for finding in report.findings if finding.verdict == "skip"]
    assert skipped == [Finding("audio", "all questions", "skip", "the checkpoint has no audio tower")]
    assert "controls" not in {finding.section for finding in report.findings}
    assert not report.passed


def test_an_unsafe_grade_fails_whatever_the_answers_are(tmp_path: Path) -> None:
    folder = shutil.copytree(DEMO, tmp_path / "stock")
    quantise_the_table(folder)
    report = validate(ResolvedModel("stock", folder, None), protocol=part(questions=(SMALL.named("English"),)))
    assert failures(report)[0] == "headers: PLE grade"


def quantise_the_table(folder: Path) -> None:
    """The per-layer embeddings in 4 bit, which stock conversions do."""
    name = "language_model.model.embed_tokens_per_layer"
    weights = mx.load(str(folder / "model.safetensors"))
    packed, scales, biases = mx.quantize(weights[f"{name}.weight"], group_size=64, bits=4)
    weights |= {f"{name}.weight": packed, f"{name}.scales": scales, f"{name}.biases": biases}
    (folder / "model.safetensors").unlink()
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    config = json.loads((folder / "config.json").read_text())
    config["quantization"] = {"group_size": 64, "bits": 4, "mode": "affine"}
    (folder / "config.json").write_text(json.dumps(config))


def test_what_cannot_be_loaded_cannot_be_validated(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        validate(ResolvedModel("x", tmp_path, None))
    with pytest.raises(ModelError, match="has no weights"):
        validate(ResolvedModel("fake", None, None))


def test_a_model_made_of_the_demonstration_model_is_known_by_its_vocabulary(
    tmp_path: Path, tiny: Callable[[Architecture], Path]
) -> None:
    assert is_demo(shutil.copytree(DEMO, tmp_path / "copy"))
    assert not is_demo(tiny("dense"))


def test_agreement_is_the_share_before_the_first_difference() -> None:
    assert [agreement(*pair) for pair in (([1, 2], [1, 2]), ([1, 2, 3, 4], [1, 2, 9, 4]), ([], []), ([1], [1, 2]))] == [
        1.0, 0.5, 1.0, 0.5,
    ]  # fmt: skip


def test_a_models_words_stay_words_in_the_tables(whole: Report) -> None:
    hostile = "x | y <script> [a](b)\n\n# `z`"
    report = Report("m", "p", None, whole.facts, [Finding("chat", "English", "look", "read it", hostile)])
    [row] = [line for line in table.markdown(report).splitlines() if line.startswith("| chat")]
    assert row == r"| chat | English | LOOK | read it | x \| y &lt;script> \[a\](b) \# \`z\` |"
    assert table.text(report).splitlines()[-1] == (
        "PASSED: 0 ok, 1 to look at, 0 failed (LOOK: for a person to judge, no failure)"
    )


def test_the_text_has_a_line_for_every_check_and_the_verdict_last(whole: Report) -> None:
    lines = table.text(whole).splitlines()
    assert sum(line.startswith("  ok ") for line in lines) == len(whole.findings)
    assert lines[-1] == f"PASSED: {len(whole.findings)} ok, 0 to look at, 0 failed"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["demo", "--json", "no/such/folder/report.json"], "there is no folder"),
        (["fake"], "has no weights"),
        (["/nowhere/at/all"], "/nowhere/at/all"),
    ],
)
def test_the_command_says_what_is_wrong_before_it_begins(arguments: list[str], words: str) -> None:
    found = run_command("validate", *arguments)
    assert found.returncode == 1
    assert words in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.slow
def test_the_command_validates_the_demonstration_model_whole_and_writes_both_reports(tmp_path: Path) -> None:
    found = run_command(
        "validate", "demo", "--json", tmp_path / "r.json", "--markdown", tmp_path / "r.md", timeout_s=900
    )
    assert found.returncode == 0, found.stdout + found.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["schema_version"], report["passed"], report["counts"]) == (
        1, True, {"pass": 37, "look": 0, "fail": 0, "skip": 0},
    )  # fmt: skip
    assert (tmp_path / "r.md").read_text().startswith("# Validation of demo, bfloat16 on ")
    assert found.stdout.splitlines()[-1] == "PASSED: 37 ok, 0 to look at, 0 failed"
