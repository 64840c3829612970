"""The vision tower: patches of 16 x 16 pixels, two-dimensional RoPE, 3 x 3 patches pooled into one soft token.

Attention does not care in which order patches come, so ours come pooled square by pooled square: nine patches
of one soft token, then the next nine. Pooling is then a mean over nine neighbours, and no table is needed.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo_model.network.layers import Boxed, Config, RMSNorm, rotate

POOL = 3
PER_TOKEN = POOL * POOL
HIDDEN = -4000.0


def patch_positions(grid: Tensor, tokens: int) -> tuple[Tensor, Tensor]:
    """Where each patch lies: x and y, both [batch, tokens * 9], -1 beyond the picture.

    grid: [batch, 2], rows and columns of patches.
    """
    index = torch.arange(tokens * PER_TOKEN, device=grid.device)
    token, within = index // PER_TOKEN, index % PER_TOKEN
    across = (grid[:, 1:] // POOL).clamp(min=1)
    x = (token % across) * POOL + within % POOL
    y = (token // across) * POOL + within // POOL
    inside = index < grid[:, :1] * grid[:, 1:]
    return torch.where(inside, x, -1), torch.where(inside, y, -1)


class PatchEmbedder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden = config["hidden_size"]
        self.input_proj = nn.Linear(3 * config["patch_size"] ** 2, hidden, bias=False)
        self.position_embedding_table = nn.Parameter(torch.ones(2, config["position_embedding_size"], hidden))

    def forward(self, patches: Tensor, x: Tensor, y: Tensor) -> Tensor:
        """patches: [batch, patches, 768], values 0 to 1."""
        table = self.position_embedding_table
        place = F.embedding(x.clamp(min=0), table[0]) + F.embedding(y.clamp(min=0), table[1])
        return self.input_proj(2 * (patches - 0.5)) + place.masked_fill((x < 0)[..., None], 0.0)


class VisionAttention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden, self.width, self.heads = config["hidden_size"], config["head_dim"], config["num_attention_heads"]
        self.q_proj, self.k_proj, self.v_proj = (Boxed(hidden, self.heads * self.width) for _ in range(3))
        self.o_proj = Boxed(self.heads * self.width, hidden)
        self.q_norm, self.k_norm = RMSNorm(self.width), RMSNorm(self.width)
        self.v_norm = RMSNorm(self.width, scaled=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, hidden: Tensor) -> Tensor:
        """`hidden` [batch, patches, 1, 1] is HIDDEN for padding and 0 for patches of the picture.

        A mask costs a slow kernel. Eight more dimensions do the same in a fast one: every query holds a one
        there and every key its `hidden`, so a padded key's score is so low that its share is exactly zero.
        """
        batch, length, _ = x.shape
        heads = (batch, length, self.heads, self.width)
        queries = F.pad(self._turn(self.q_norm(self.q_proj(x).view(heads)), cos, sin), (0, 8), value=1.0)
        keys = self._turn(self.k_norm(self.k_proj(x).view(heads)), cos, sin)
        keys = torch.cat((keys, hidden.expand(-1, -1, self.heads, 8)), -1)
        values = F.pad(self.v_norm(self.v_proj(x).view(heads)), (0, 8))
        out = F.scaled_dot_product_attention(
            queries.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), scale=1.0
        )
        return self.o_proj(out[..., : self.width].transpose(1, 2).reshape(batch, length, -1))

    def _turn(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """The first half of each head turns with x, the second with y: one rotation over a folded dimension."""
        folded = x.unflatten(-1, (2, -1))
        return rotate(folded, cos[:, :, None], sin[:, :, None]).flatten(-2)


class VisionMLP(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden, width = config["hidden_size"], config["intermediate_size"]
        self.gate_proj, self.up_proj, self.down_proj = Boxed(hidden, width), Boxed(hidden, width), Boxed(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.gelu(self.gate_proj(x), approximate="tanh") * self.up_proj(x))


class VisionLayer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden = config["hidden_size"]
        self.self_attn, self.mlp = VisionAttention(config), VisionMLP(config)
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(hidden), RMSNorm(hidden)
        self.pre_feedforward_layernorm, self.post_feedforward_layernorm = RMSNorm(hidden), RMSNorm(hidden)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, hidden: Tensor) -> Tensor:
        x = x + self.post_attention_layernorm(self.self_attn(self.input_layernorm(x), cos, sin, hidden))
        return x + self.post_feedforward_layernorm(self.mlp(self.pre_feedforward_layernorm(x)))


class VisionEncoder(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layers = nn.ModuleList(VisionLayer(config) for _ in range(config["num_hidden_layers"]))


class VisionTower(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.patch_embedder, self.encoder = PatchEmbedder(config), VisionEncoder(config)

    def forward(self, patches: Tensor, grid: Tensor) -> Tensor:
        """Soft tokens [batch, tokens, hidden]; those beyond the picture are of no meaning.

        patches: [batch, tokens * 9, 768], values 0 to 1, in pooled order; grid: [batch, 2] rows and columns.
        """
        tokens = patches.shape[1] // PER_TOKEN
        x, y = patch_positions(grid, tokens)
        out = self.patch_embedder(patches, x, y)
        cos, sin = self._rope(x, y, out)
        hidden = torch.where(x < 0, HIDDEN, 0.0).to(out.dtype)[..., None, None]
        for layer in self.encoder.layers:
            out = layer(out, cos, sin, hidden)
        pooled = out.unflatten(1, (tokens, PER_TOKEN)).mean(2)
        return pooled * self.config["hidden_size"] ** 0.5

    def _rope(self, x: Tensor, y: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """cos and sin, [batch, patches, 2 (x and y), head width / 2]."""
        half = self.config["head_dim"] // 2
        theta = self.config["rope_parameters"]["rope_theta"]
        frequencies = theta ** (-torch.arange(0, half, 2, device=x.device) / half)
        angles = torch.stack((x, y), -1)[..., None] * frequencies
        angles = torch.cat((angles, angles), -1)
        return angles.cos().to(like.dtype), angles.sin().to(like.dtype)
