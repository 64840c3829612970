"""Log-mel features on the device, equal to the published feature extractor (frames of 20 ms every 10 ms)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo_model.lanes import FRAME

BINS = 128
FFT = 512
WINDOW = 2 * FRAME
FLOOR = 1e-3
RATE = 16_000


def mel_filters() -> np.ndarray:
    """Triangles [257, 128] that are even on the HTK mel scale, 0-8000 Hz, height one."""
    top = 2595.0 * np.log10(1.0 + RATE / 2 / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(0.0, top, BINS + 2) / 2595.0) - 1.0)
    at = np.linspace(0, RATE / 2, FFT // 2 + 1)
    slopes = edges - at[:, None]
    width = np.diff(edges)
    return np.maximum(0.0, np.minimum(-slopes[:, :-2] / width[:-1], slopes[:, 2:] / width[1:]))


class Mel(nn.Module):
    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
        self.register_buffer("window", torch.tensor(window, dtype=torch.float32))
        self.register_buffer("filters", torch.tensor(mel_filters(), dtype=torch.float32))

    def forward(self, wave: Tensor, samples: Tensor, frames: int, warp: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Features [batch, frames, 128], zero beyond the sound, and how many frames are sound [batch].

        wave: [batch, n], -1 to 1; samples: [batch]; warp: [batch] stretches the frequency axis (a longer or
        shorter vocal tract), 1 leaves it.
        """
        padded = F.pad(wave, (WINDOW // 2, WINDOW))
        cut = padded.unfold(1, WINDOW, FRAME)[:, :frames]
        spectrum = torch.fft.rfft(cut * self.window, n=FFT).abs()
        if warp is not None:
            spectrum = self._warped(spectrum, warp)
        mel = torch.log(spectrum @ self.filters + FLOOR)
        # A frame counts when all 321 samples that it and its neighbour touch are sound (the first starts 160 early).
        valid = ((samples - FRAME - 1).div(FRAME, rounding_mode="floor") + 1).clamp(1, frames)
        inside = torch.arange(frames, device=wave.device) < valid[:, None]
        return mel * inside[..., None], valid

    @staticmethod
    def _warped(spectrum: Tensor, warp: Tensor) -> Tensor:
        bins = spectrum.shape[-1]
        source = torch.arange(bins, device=spectrum.device) / warp[:, None]
        low = source.floor().clamp(max=bins - 2).long()
        part = (source - low).clamp(max=1.0)
        weights = torch.zeros(len(warp), bins, bins, device=spectrum.device)
        weights.scatter_(1, low[:, None], (1 - part)[:, None]).scatter_(1, low[:, None] + 1, part[:, None])
        return spectrum @ weights
