"""Prove that this network, its batches and its features are Gemma 4: compare them with transformers.

    python -m demo_model.check

Random weights, float32, one example of every lane; prints the largest difference of logits and of mel features.
"""

import json
import warnings

import torch
from transformers import Gemma4Config, Gemma4ForConditionalGeneration
from transformers.models.gemma4.feature_extraction_gemma4 import Gemma4AudioFeatureExtractor

from demo_model.batch import NO_TARGET, Batch, Sequence, prepare, sequence
from demo_model.examples import ExampleMaker
from demo_model.lanes import LANES, Lane
from demo_model.mel import Mel
from demo_model.network.gemma import Gemma4
from demo_model.network.vision import patch_positions
from demo_model.rows import BASE, RowMaker
from demo_model.step import forward

TOLERANCE = 2e-3


def reference(config: dict, model: Gemma4) -> Gemma4ForConditionalGeneration:
    other = Gemma4ForConditionalGeneration(Gemma4Config(**config)).float().eval()
    ours = {f"model.{name}": value for name, value in model.state_dict().items()}
    missing, unexpected = other.load_state_dict(ours, strict=False)
    bounds = ("_min", "_max", "layer_scalar", "lm_head.weight")
    unknown = [name for name in missing if not name.endswith(bounds)] + list(unexpected)
    if unknown:
        raise SystemExit(f"these names differ from transformers: {unknown[:10]}")
    return other


@torch.no_grad()
def difference(other: Gemma4ForConditionalGeneration, model: Gemma4, lane: Lane, batch: Batch, ids: RowMaker) -> float:
    ((logits, target),) = forward(model, [(lane, batch)], ids.image, ids.audio)
    made: Sequence = sequence(batch, lane, ids.image, ids.audio)
    worst = 0.0
    for row in range(len(made.ids)):
        length = int((made.ids[row] != 0).sum())
        inputs = {"input_ids": made.ids[row : row + 1, :length]}
        kinds = torch.zeros(1, length, dtype=torch.long)
        kinds[made.ids[row : row + 1, :length] == ids.image] = 1
        kinds[made.ids[row : row + 1, :length] == ids.audio] = 3
        inputs["mm_token_type_ids"] = kinds
        if batch.patches is not None and batch.grid is not None:
            mine = slice(row * lane.images, (row + 1) * lane.images)
            x, y = patch_positions(batch.grid[mine], lane.soft_tokens)
            inputs |= {"pixel_values": batch.patches[mine], "image_position_ids": torch.stack((x, y), -1)}
        if batch.mel is not None and batch.frames is not None:
            mask = torch.arange(lane.frames) < batch.frames[row]
            inputs |= {"input_features": batch.mel[row : row + 1], "input_features_mask": mask[None]}
        theirs = other(**inputs).logits[0]
        counted = target[row] != NO_TARGET
        worst = max(worst, (theirs[made.ask[row][counted]] - logits[row][counted]).abs().max().item())
    return worst


def mel_difference(mel: Mel) -> float:
    wave = torch.randn(1, 16_123) * 0.1
    theirs = Gemma4AudioFeatureExtractor()(wave.numpy(), return_tensors="pt")
    ours, frames = mel(wave, torch.tensor([wave.shape[1]]), theirs["input_features"].shape[1])
    if int(frames) != int(theirs["input_features_mask"].sum()):
        raise SystemExit(f"{int(frames)} mel frames, transformers counts {int(theirs['input_features_mask'].sum())}")
    return (ours - theirs["input_features"]).abs().max().item()


def main() -> None:
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    config = json.loads((BASE / "config.json").read_text())
    model, ids, mel = Gemma4(config).eval(), RowMaker(), Mel()
    other, maker = reference(config, model), ExampleMaker(1)
    print(f"mel features differ by {mel_difference(mel):.1e}")
    worst = 0.0
    for lane in LANES:
        chunk = {name: torch.from_numpy(array) for name, array in maker.chunk(lane, 2).items()}
        chunk |= {"ids": chunk["ids"][:, 0], "meta": chunk["meta"][:, 0]}
        found = difference(other, model, lane, prepare(chunk, lane, mel, None), ids)
        worst = max(worst, found)
        print(f"{lane.name}: logits differ by {found:.1e}")
    if worst > TOLERANCE:
        raise SystemExit(f"{worst:.1e} is more than {TOLERANCE}: this network is not Gemma 4")


if __name__ == "__main__":
    main()
