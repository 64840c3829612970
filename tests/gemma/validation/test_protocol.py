import pytest

from batch.gemma.validation.protocol import CANARY, WHOLE
from batch.media.segments import Segments

MOST_BYTES = 1_500_000


def test_the_canaries_are_the_protocols_and_each_has_a_line_with_its_licence() -> None:
    files = {path.name for path in CANARY.iterdir()} - {"README.md"}
    asked = {question.asked(demo=demo)[1] for question in WHOLE.questions for demo in (False, True)} - {None}
    page = (CANARY / "README.md").read_text(encoding="utf-8")
    assert asked == files
    assert [name for name in sorted(files) if name not in page] == []
    assert sum(path.stat().st_size for path in CANARY.iterdir()) < MOST_BYTES


@pytest.mark.parametrize(
    ("name", "segments"), [("short speech", 1), ("43 s of speech", 2), ("French", 1), ("no speech", 0)]
)
def test_recordings_are_cut_as_their_questions_say(name: str, segments: int) -> None:
    medium = WHOLE.named(name).medium
    assert medium is not None
    found = Segments(CANARY / medium, "vad")
    assert len(list(found)) == segments
    assert (found.summary.audio_seconds > 30) is (segments == 2)


def test_swaps_and_batches_name_questions_of_one_kind_and_of_all_kinds() -> None:
    for one, other in WHOLE.swaps:
        assert WHOLE.named(one).modality == WHOLE.named(other).modality
        assert WHOLE.named(one).medium != WHOLE.named(other).medium
    assert {WHOLE.named(name).modality for name in WHOLE.batched} == {"text", "image", "audio"}
    assert WHOLE.sizes == (2, 4, 8)
