"""The two layers that every part of Gemma 4 is made of."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Config = dict[str, Any]
EPS = 1e-6


class RMSNorm(nn.Module):
    """x / rms(x), times a learnt weight unless `scaled` is False."""

    def __init__(self, width: int, *, scaled: bool = True) -> None:
        super().__init__()
        self.width = width
        self.weight = nn.Parameter(torch.ones(width)) if scaled else None

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (self.width,), self.weight, EPS)


class Boxed(nn.Module):
    """A linear layer under the name `linear`, as the published checkpoints store it in both towers.

    They also store four bounds that clip its input and output. Nothing reaches the bounds which this
    model is exported with, so while training there is nothing to clip.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding over the last dimension; cos and sin broadcast against x."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin
