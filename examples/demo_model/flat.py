"""All parameters in one vector, and AdamW on it: a dozen kernels instead of thousands.

The network computes in bfloat16, as it will when it is used; the optimizer keeps and moves a float32 copy.
Everything it reads is a tensor on the device, so the whole step can be captured in a CUDA graph.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

BETAS = (0.9, 0.98)
DECAY = 0.02
CLIP = 1.0
PARTS = 2  # files that a float32 vector is saved in


class Flat:
    def __init__(self, model: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        named = list(model.named_parameters())
        self.master = torch.cat([parameter.detach().flatten().float() for _, parameter in named]).to(device)
        self.weights, self.grad = self.master.to(dtype), torch.zeros_like(self.master, dtype=dtype)
        self.first, self.second = torch.zeros_like(self.master), torch.zeros_like(self.master)
        self.decayed = torch.cat(
            [torch.full((p.numel(),), float(p.ndim >= 2 and "embed" not in name)) for name, p in named]
        ).to(device)
        self.rate, self.steps = torch.zeros((), device=device), torch.zeros((), device=device)
        self.norm = torch.zeros((), device=device)
        start = 0
        for _, parameter in named:
            stop = start + parameter.numel()
            parameter.data = self.weights[start:stop].view(parameter.shape)
            parameter.grad = self.grad[start:stop].view(parameter.shape)
            start = stop

    def update(self) -> None:
        """One AdamW step from `grad` (which it then clears) at `rate`; a gradient that is not finite counts as none."""
        grad = self.grad.float()
        norm = grad.norm()
        self.norm.copy_(norm)
        finite = torch.isfinite(norm)
        grad = torch.nan_to_num(grad, 0.0, 0.0, 0.0) * torch.where(finite, CLIP / norm.clamp(min=CLIP), 0.0)
        self.steps += 1
        self.first.lerp_(grad, 1 - BETAS[0])
        self.second.lerp_(grad * grad, 1 - BETAS[1])
        mean = self.first / (1 - BETAS[0] ** self.steps)
        spread = (self.second / (1 - BETAS[1] ** self.steps)).sqrt() + 1e-8
        self.master -= self.rate * (mean / spread + DECAY * self.decayed * self.master)
        self.weights.copy_(self.master)
        self.grad.zero_()

    def save(self, folder: Path) -> None:
        """Parts small enough to carry about; moments in bfloat16, which a restart does not notice."""
        folder.mkdir(parents=True, exist_ok=True)
        for index, part in enumerate(self.master.cpu().chunk(PARTS)):
            torch.save(part.clone(), folder / f"weights{index}.pt")
        torch.save(self.first.bfloat16().cpu(), folder / "first.pt")
        torch.save({"second": self.second.bfloat16().cpu(), "steps": self.steps.item()}, folder / "second.pt")

    def load(self, folder: Path) -> None:
        self.master.copy_(load_weights(folder))
        self.weights.copy_(self.master)
        self.first.copy_(torch.load(folder / "first.pt", weights_only=True))
        second = torch.load(folder / "second.pt", weights_only=True)
        self.second.copy_(second["second"])
        self.steps.fill_(second["steps"])


def load_weights(folder: Path) -> Tensor:
    """The float32 vector of a saved training state."""
    return torch.cat([torch.load(folder / f"weights{index}.pt", weights_only=True) for index in range(PARTS)])
