"""Makes everything under examples/ that a job can read. Seeded: the same versions of the tools give the same files.

    pip install pillow numpy pyarrow    (all three come with gemma4-batch), and espeak-ng and ffmpeg on PATH
    python examples/make_examples.py            writes into the folder this file lies in
    python examples/make_examples.py --to DIR   writes elsewhere

No file is chosen by hand: what the seed gives is what is here, including what the model gets wrong.
"""

import argparse
import csv
import io
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
from generator.questions import make_questions
from generator.scenes import CAPTION_PROMPTS, ask, draw, make_scene
from generator.speech import CODECS, PROMPTS, make_clip, make_long_clip, pack
from PIL import Image

SEED = 4
PHOTOS = 24
RECORDINGS = 24
LONG_RECORDINGS = (("mp3", 36.0), ("opus", 62.0))  # the last ones: their format, and seconds that they exceed
QUESTIONS = 40
DEMO_SCENES, DEMO_CLIPS, DEMO_QUESTIONS = 18, 14, 16
PHOTO_SUFFIXES = ("jpg", "png", "webp", "gif", "jpg", "jpeg")
ORIENTATION_TAG = 0x0112  # EXIF
TURN_CLOCKWISE = 6  # "the camera was held upright: turn me by 90 degrees"
MEDIA = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
DEMO_SCHEMA = pa.schema(
    [("prompt", pa.string()), ("image", MEDIA), ("audio", MEDIA), ("reference", pa.string()), ("kind", pa.string())]
)


def make_photos(folder: Path) -> None:
    """Scenes in mixed formats and sizes; every sixth lies on its side and says so in its EXIF data."""
    rng = Random(f"photos {SEED}")
    references = []
    for number in range(PHOTOS):
        scene = make_scene(rng, sides=rng.choice(((150, 240), (240, 420), (420, 800))), things=_how_many(rng))
        suffix = PHOTO_SUFFIXES[number % len(PHOTO_SUFFIXES)]
        name = f"scene-{number + 1:02}.{suffix}" if number < PHOTOS - 4 else f"more/scene-{number + 1:02}.{suffix}"
        _write(folder / name, encode(draw(rng, scene), suffix, sideways=suffix == "jpeg"))
        references.append((name, scene.caption))
    _write_references(folder.with_suffix(".csv"), ("file", "caption"), references)


def encode(image: Image.Image, suffix: str, *, sideways: bool = False) -> bytes:
    """The picture as file bytes. `sideways`: stored turned, with the EXIF orientation that turns it back."""
    file = io.BytesIO()
    if sideways:
        exif = Image.Exif()
        exif[ORIENTATION_TAG] = TURN_CLOCKWISE
        image.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=88, exif=exif)
    elif suffix in ("jpg", "webp"):
        image.save(file, {"jpg": "JPEG", "webp": "WEBP"}[suffix], quality=88)
    else:
        image.save(file, suffix.upper(), optimize=True)
    return file.getvalue()


def make_recordings(folder: Path) -> None:
    """Spoken words in five formats, one to six words a clip; the last two are longer than the model hears at once."""
    rng, long_rng = Random(f"recordings {SEED}"), Random(f"long recordings {SEED}")
    references = []
    for number in range(RECORDINGS - len(LONG_RECORDINGS)):
        clip = make_clip(rng, words=1 + number % 6)
        suffix = tuple(CODECS)[number % len(CODECS)]
        name = f"clip-{number + 1:02}.{suffix}"
        _write(folder / name, pack(clip, suffix))
        references.append((name, clip.transcript))
    for number, (suffix, seconds) in enumerate(LONG_RECORDINGS, RECORDINGS - len(LONG_RECORDINGS)):
        clip = make_long_clip(long_rng, seconds=seconds)
        name = f"long-{number + 1:02}.{suffix}"
        _write(folder / name, pack(clip, suffix))
        references.append((name, clip.transcript))
    _write_references(folder.with_suffix(".csv"), ("file", "transcript"), references)


def make_questions_table(path: Path) -> None:
    asked = make_questions(Random(f"questions {SEED}"), QUESTIONS)
    table = pa.table({"question": [question for question, _ in asked], "answer": [answer for _, answer in asked]})
    pq.write_table(table, path, compression="zstd")


def make_demo_table(path: Path) -> None:
    """One table of all kinds, shuffled: a null image or audio means that the row has none."""
    rng = Random(f"demo {SEED}")
    rows = []
    for number in range(DEMO_SCENES):
        scene = make_scene(rng, sides=(150, 420), things=_how_many(rng))
        suffix = ("jpg", "png", "webp")[number % 3]
        prompt, reference = (rng.choice(CAPTION_PROMPTS), scene.caption) if number % 2 == 0 else ask(rng, scene)
        image = {"bytes": encode(draw(rng, scene), suffix), "path": f"scene-{number + 1:02}.{suffix}"}
        rows.append({"prompt": prompt, "image": image, "reference": reference, "kind": "scene"})
    for number in range(DEMO_CLIPS):
        clip = make_clip(rng, words=1 + number % 6)
        suffix = tuple(CODECS)[number % len(CODECS)]
        audio = {"bytes": pack(clip, suffix), "path": f"clip-{number + 1:02}.{suffix}"}
        rows.append({"prompt": rng.choice(PROMPTS), "audio": audio, "reference": clip.transcript, "kind": "clip"})
    for question, answer in make_questions(rng, DEMO_QUESTIONS):
        rows.append({"prompt": question, "reference": answer, "kind": "question"})
    rng.shuffle(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=DEMO_SCHEMA), path, compression="zstd", row_group_size=16)


def _how_many(rng: Random) -> int:
    """Things in one scene. Three are as rare here as they were in training, where the model learnt them least."""
    return rng.choices((1, 2, 3), (9, 9, 2))[0]


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_references(path: Path, header: tuple[str, str], references: list[tuple[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(references)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the example photos, recordings and tables.")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="folder to write into")
    folder: Path = parser.parse_args().to
    make_photos(folder / "photos")
    make_recordings(folder / "recordings")
    make_questions_table(folder / "questions.parquet")
    make_demo_table(folder / "demo.parquet")


if __name__ == "__main__":
    main()
