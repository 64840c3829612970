"""Write a trained state as a checkpoint in MLX form, bfloat16, that stock mlx-vlm loads strictly.

python -m demo_model.export out/ out-candidate/
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from demo_model.flat import load_weights
from demo_model.network.gemma import Gemma4
from demo_model.network.layers import Boxed
from demo_model.rows import BASE

BOUND = 60_000.0  # nothing reaches it: the published layers clip, ours need not
COPIED = (
    "config.json",
    "chat_template.jinja",
    "processor_config.json",
    "tokenizer_config.json",
    "generation_config.json",
    "tokenizer.json",
)
CONVOLUTIONS = ("conv.weight", "depthwise_conv1d.weight")


def mlx_tensors(model: Gemma4) -> dict[str, Tensor]:
    """Parameters under their published MLX names, and the constants that those layers also store."""
    tensors = {}
    for name, parameter in model.named_parameters():
        if name.startswith("language_model."):
            name = name.replace("language_model.", "language_model.model.", 1)
        value = parameter.detach()
        if name.endswith(CONVOLUTIONS):  # MLX wants channels last
            value = value.movedim(1, -1)
        tensors[name] = value
    for name, module in model.named_modules():
        if isinstance(module, Boxed):
            for end in ("input", "output"):
                tensors |= {f"{name}.{end}_min": torch.tensor(-BOUND), f"{name}.{end}_max": torch.tensor(BOUND)}
    for index in range(len(model.language_model.layers)):
        tensors[f"language_model.model.layers.{index}.layer_scalar"] = torch.ones(1)
    return {name: value.bfloat16().contiguous() for name, value in sorted(tensors.items())}


def load_model(state: Path) -> Gemma4:
    """The network with the float32 weights of a saved training state."""
    model = Gemma4(json.loads((BASE / "config.json").read_text()))
    flat, start = load_weights(state), 0
    for parameter in model.parameters():
        parameter.data = flat[start : start + parameter.numel()].view(parameter.shape)
        start += parameter.numel()
    return model.eval()


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m demo_model.export TRAINED_FOLDER MODEL_FOLDER")
    state, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    save_file(mlx_tensors(load_model(state)), folder / "model.safetensors", metadata={"format": "mlx"})
    for name in COPIED:
        shutil.copyfile(BASE / name, folder / name)
    shutil.copyfile(BASE.parent / "CARD.md", folder / "README.md")
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
