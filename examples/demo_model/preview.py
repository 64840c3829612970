"""The held-out sets through the training network, on the device it was trained on: a minute instead of an hour.

    python -m demo_model.preview out/round1 out/round2 --sets-in out/held-out --to preview.json

For choosing among checkpoints. What a checkpoint is said to score comes from evaluate.py, through MLX.
"""

import argparse
import io
import json
import wave
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

from demo_model.ask import Ask
from demo_model.batch import prepare
from demo_model.export import load_model
from demo_model.held_out import BUDGETS, MAKERS, write_set
from demo_model.lanes import FRAME, LANES, Lane
from demo_model.mel import Mel
from demo_model.network.gemma import Gemma4
from demo_model.patches import to_patches
from demo_model.rows import ANSWER, RowMaker, pack
from demo_model.score import Score
from demo_model.step import forward

LANE = {lane.name: lane for lane in LANES}
AUDIO_FRAMES = (512, 1024, 3000)
BATCH = 64
LONGEST = 400  # positions of a prompt without its sound, and of its answer


def lane_of(row: dict[str, Any], soft_tokens: int) -> Lane:
    """The shape of a held-out row: as in training, with room for an answer that is not known."""
    images = len(row["image"] or ())
    frames = 0
    if row["audio"] is not None:
        needed = len(samples(row["audio"]["bytes"])) // FRAME + 2
        frames = next((size for size in AUDIO_FRAMES if size >= needed), AUDIO_FRAMES[-1])
    width = LONGEST + images * soft_tokens
    return replace(LANE["text"], images=images, soft_tokens=soft_tokens, frames=frames, length=width + frames // 4)


class Reader:
    """Answers rows as greedy decoding does, many of one shape at once."""

    def __init__(self, model: Gemma4, device: torch.device) -> None:
        self.model, self.device, self.mel, self.rows = model.to(device), device, Mel().to(device), RowMaker()

    @torch.no_grad()
    def answers(self, rows: list[dict[str, Any]], lane: Lane) -> list[str]:
        example = self._example(rows, lane)
        batch = prepare(example, lane, self.mel, None)
        ids, place = batch.ids.clone(), example["meta"][:, 1].long()
        open_rows = torch.ones(len(rows), dtype=torch.bool, device=self.device)
        said: list[list[int]] = [[] for _ in rows]
        for nth in range(ANSWER):
            ((logits, _),) = forward(self.model, [(lane, replace(batch, ids=ids))], self.rows.image, self.rows.audio)
            chosen = logits[:, nth].argmax(-1)
            open_rows &= chosen != self.rows.end
            if not open_rows.any():
                break
            ids[torch.arange(len(rows), device=self.device), place + nth] = chosen.to(ids.dtype)
            for words, token, is_open in zip(said, chosen.tolist(), open_rows.tolist(), strict=True):
                if is_open:
                    words.append(token)
        return [self.rows.tokenizer.decode(tokens).strip() for tokens in said]

    def _example(self, rows: list[dict[str, Any]], lane: Lane) -> dict[str, Tensor]:
        order = (*["image"] * lane.images, "text", *["audio"] * bool(lane.frames))
        example: dict[str, list[np.ndarray]] = defaultdict(list)
        made = []
        for row in rows:
            seen = [to_patches(_picture(image["bytes"]), lane.soft_tokens) for image in row["image"] or ()]
            if seen:
                example["patches"].append(np.stack([patches for patches, _ in seen]))
                example["grid"].append(np.array([grid for _, grid in seen], np.int16))
            if lane.frames:
                sound, heard = np.zeros(lane.samples, np.int16), samples(row["audio"]["bytes"])[: lane.samples]
                sound[: len(heard)] = heard
                example["sound"].append(sound)
                example["samples"].append(np.array(len(heard), np.int32))
            asked = Ask("", row["prompt"], "", row["system"])
            made.append(self.rows(asked, order, tuple(int(high * wide) // 9 for _, (high, wide) in seen)))
        ids, meta = pack(made, [0] * len(made), lane.width)
        meta[:, 0] = meta[:, 1] + ANSWER  # all of the answer is still to come
        arrays = {name: np.stack(parts) for name, parts in example.items()} | {"ids": ids, "meta": meta}
        return {name: torch.from_numpy(array).to(self.device) for name, array in arrays.items()}


def samples(packed: bytes) -> np.ndarray:
    """int16 samples of a WAV file."""
    with wave.open(io.BytesIO(packed)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def _picture(packed: bytes) -> Image.Image:
    return Image.open(io.BytesIO(packed)).convert("RGB")


def batches(rows: list[dict[str, Any]], soft_tokens: int) -> Iterator[tuple[Lane, list[int]]]:
    """Indices of rows of one shape."""
    by_lane: dict[Lane, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_lane[lane_of(row, soft_tokens)].append(index)
    for lane, indices in by_lane.items():
        for start in range(0, len(indices), BATCH):
            yield lane, indices[start : start + BATCH]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("states", type=Path, nargs="+", help="training states, such as out/round1")
    parser.add_argument("--sets-in", type=Path, required=True, help="where the held-out sets are, or are written to")
    parser.add_argument("--to", type=Path, required=True, help="JSON of scores and answers")
    parser.add_argument("--each", type=int, default=510, help="items a set")
    parser.add_argument("--sets", nargs="*", default=list(MAKERS), choices=list(MAKERS))
    args = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    models = {str(state): Reader(load_model(state).bfloat16(), device) for state in args.states}
    found: dict[str, dict[str, Any]] = {name: {} for name in models}
    for name in args.sets:
        table = args.sets_in / f"{name}.parquet"
        if not table.exists():
            write_set(name, table, args.each)
        rows = pq.read_table(table).to_pylist()[: args.each]
        for soft_tokens in BUDGETS if name == "pictures" else (70,):
            for state, reader in models.items():
                said = [""] * len(rows)
                for lane, indices in batches(rows, soft_tokens):
                    for index, answer in zip(
                        indices, reader.answers([rows[index] for index in indices], lane), strict=True
                    ):
                        said[index] = answer
                found[state][f"{name}-{soft_tokens}"] = _scored(f"{state} {name}-{soft_tokens}", rows, said)
                args.to.write_text(json.dumps(found))


def _scored(title: str, rows: list[dict[str, Any]], said: list[str]) -> dict[str, Any]:
    scores: dict[str, Score] = defaultdict(Score)
    for row, answer in zip(rows, said, strict=True):
        scores[row["kind"]].add(row["kind"], answer, row["reference"])
    print(f"\n{title}", flush=True)
    for kind, score in sorted(scores.items()):
        print(score.line(kind), flush=True)
    return {"scores": {kind: vars(score) for kind, score in scores.items()}, "answers": said}


if __name__ == "__main__":
    main()
