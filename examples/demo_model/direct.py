"""The same held-out sets straight through mlx-vlm, one item at a time: a second opinion, without this package.

python -m demo_model.direct MODEL_FOLDER out/held-out --sets pictures speech
"""

import argparse
import io
import wave
from collections import defaultdict
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pyarrow.parquet as pq
from mlx_vlm import load
from mlx_vlm.generate import generate
from PIL import Image

from demo_model.ask import Ask
from demo_model.rows import render
from demo_model.score import Score


def answer(model: Any, processor: Any, row: dict[str, Any]) -> str:
    images = [Image.open(io.BytesIO(image["bytes"])).convert("RGB") for image in row["image"] or ()]
    sounds = [] if row["audio"] is None else [_samples(row["audio"]["bytes"])]
    order = (*["image"] * len(images), "text", *["audio"] * len(sounds))
    prompt = render(Ask("", row["prompt"], "", row["system"]), order)
    made = generate(model, processor, prompt, image=images or None, audio=sounds or None, max_tokens=128,
                    temperature=0.0, verbose=False)  # fmt: skip
    return str(made.text).strip()


def _samples(packed: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(packed)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="*", default=["pictures", "speech", "texts"])
    parser.add_argument("--limit", type=int, default=100)
    args = parser.parse_args()
    mx.set_default_device(mx.cpu)
    model, processor = load(str(args.model))
    for name in args.sets:
        found: dict[str, Score] = defaultdict(Score)
        for row in pq.read_table(args.out / f"{name}.parquet").slice(0, args.limit).to_pylist():
            found[row["kind"]].add(row["kind"], answer(model, processor, row), row["reference"])
        print(f"\n{name}")
        for kind, score in sorted(found.items()):
            print(score.line(kind))


if __name__ == "__main__":
    main()
