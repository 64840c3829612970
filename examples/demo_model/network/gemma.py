"""The whole model: towers, their projections into the decoder's space, and the decoder.

Parameter names are those of transformers' `Gemma4ForConditionalGeneration` without the leading `model.`.
"""

import torch
from torch import Tensor, nn

from demo_model.network.audio import AudioTower
from demo_model.network.layers import Config, RMSNorm
from demo_model.network.text import TextModel
from demo_model.network.vision import VisionTower


class Embedder(nn.Module):
    """Soft tokens of a tower, normed and projected to the decoder's width."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.embedding_projection = nn.Linear(inputs, outputs, bias=False)
        self.norm = RMSNorm(inputs, scaled=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.embedding_projection(self.norm(x))


class Gemma4(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        text, vision, audio = config["text_config"], config["vision_config"], config["audio_config"]
        self.language_model = TextModel(text)
        self.vision_tower, self.audio_tower = VisionTower(vision), AudioTower(audio)
        self.embed_vision = Embedder(vision["hidden_size"], text["hidden_size"])
        self.embed_audio = Embedder(audio["output_proj_dims"], text["hidden_size"])
        self._start(config["initializer_range"])

    @torch.no_grad()
    def _start(self, spread: float) -> None:
        """Matrices at random; norms stay at one and scales at zero, as they were made."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, spread)
        self.audio_tower.output_proj.bias.zero_()
        for embedding in (self.language_model.embed_tokens, self.language_model.embed_tokens_per_layer):
            embedding.weight[0].zero_()

    def compile_layers(self, backend: str = "inductor") -> None:
        """Fuse each layer's small operations. Layers of one kind and shape share what is compiled."""
        torch._dynamo.config.recompile_limit = 64
        parts = (*self.language_model.layers, *self.vision_tower.encoder.layers, *self.audio_tower.layers)
        for part in (*parts, self.audio_tower.subsample_conv_projection):
            part.compile(backend=backend, dynamic=False, fullgraph=True)

    def see(self, patches: Tensor, grid: Tensor) -> Tensor:
        return self.embed_vision(self.vision_tower(patches, grid))

    def hear(self, mel: Tensor, frames: Tensor) -> Tensor:
        return self.embed_audio(self.audio_tower(mel, frames))
