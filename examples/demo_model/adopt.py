"""Begin from an earlier checkpoint of the same shape, even if its tokenizer cut words differently.

    python -m demo_model.adopt MODEL_FOLDER out/

A piece that the earlier tokenizer also had keeps its embeddings; a new one starts at the mean of the pieces
that its text was cut into before. `out/` is then a training state at step 0 (see train.py).
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from demo_model.flat import Flat
from demo_model.network.gemma import Gemma4
from demo_model.rows import BASE, load_tokenizer

TABLES = ("language_model.embed_tokens.weight", "language_model.embed_tokens_per_layer.weight")
CONVOLUTIONS = ("conv.weight", "depthwise_conv1d.weight")


def torch_tensors(folder: Path) -> dict[str, Tensor]:
    """An MLX checkpoint's tensors under our names and in PyTorch's order of dimensions."""
    tensors = {}
    for name, value in load_file(folder / "model.safetensors").items():
        name = name.replace("language_model.model.", "language_model.", 1)
        tensors[name] = (value.movedim(-1, 1) if name.endswith(CONVOLUTIONS) else value).float()
    return tensors


def carried_over(table: Tensor, old: Tokenizer, new: Tokenizer) -> Tensor:
    """The rows of `table` for the new tokenizer's pieces."""
    rows = torch.zeros(new.get_vocab_size(), table.shape[1])
    known = old.get_vocab()
    for piece, index in new.get_vocab().items():
        if piece in known:
            rows[index] = table[known[piece]]
        else:
            parts = old.encode(piece.replace("▁", " "), add_special_tokens=False).ids
            rows[index] = table[parts].mean(0)
    return rows


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m demo_model.adopt MODEL_FOLDER TRAINING_FOLDER")
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    tensors = torch_tensors(folder)
    old, new = Tokenizer.from_file(str(folder / "tokenizer.json")), load_tokenizer()
    for name in TABLES:
        tensors[name] = carried_over(tensors[name], old, new)
    model = Gemma4(json.loads((BASE / "config.json").read_text()))
    missing, _ = model.load_state_dict(tensors, strict=False)
    if missing:
        raise SystemExit(f"{folder} has no tensors for {missing[:5]}: its shape is another")
    Flat(model, torch.device("cpu"), torch.float32).save(out)
    (out / "progress.json").write_text(json.dumps({"from_nothing": False}))
    (out / "curve.json").write_text("[]")


if __name__ == "__main__":
    main()
