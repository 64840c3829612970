"""One recording, never heard twice the same: speed, room, tone, gain and noise, all on the device."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

RATE = 16_000
REVERB = 8192  # samples of room that ring after a sound
SLOWEST, FASTEST = 0.8, 1.28
QUIET, LONG_QUIET = 0.4 * RATE, (6 * RATE, 10 * RATE)  # most silence around most recordings; around half, in long lanes
HUM, OTHER_HUM = 50.0, 60.0  # Hz, of the mains
VOCAL_TRACT = (0.84, 1.24)  # how far frequencies are stretched, where they are
MASK_BINS, MASK_FRAMES = 14, 10


class Dice:
    """Uniform numbers [batch, 1] on the device. `strength`, 0 to 1, scales how often a distortion comes."""

    def __init__(self, batch: int, device: torch.device, strength: Tensor | float = 1.0) -> None:
        self.batch, self.device, self.strength = batch, device, strength

    def __call__(self, low: float, high: float) -> Tensor:
        return torch.rand(self.batch, 1, device=self.device) * (high - low) + low

    def chance(self, share: float | Tensor) -> Tensor:
        return (torch.rand(self.batch, 1, device=self.device) < share).float()

    def distortion(self, share: float) -> Tensor:
        return self.chance(share * self.strength)


def augment(sound: Tensor, samples: Tensor, strength: Tensor) -> tuple[Tensor, Tensor]:
    """sound: int16 [batch, n]; samples: [batch]. Returns waves -1 to 1 of the same width, and new lengths.

    `strength` (0 to 1) scales how often there are noise, a room, a hum, and silence around what is said.
    """
    batch, width = sound.shape
    dice = Dice(batch, sound.device, strength)
    count = samples[:, None].float()
    wave, speech, total = _placed(dice, sound.float() / 32768, count, width)
    size = 1 << (width + REVERB - 1).bit_length()
    if size * 3 // 4 >= width + REVERB:
        size = size * 3 // 4
    spectrum = torch.fft.rfft(wave, n=size) * _tone(dice, size) * torch.fft.rfft(_room(dice), n=size)
    wave = torch.fft.irfft(spectrum, n=size)[:, :width]
    wave = wave / wave.abs().amax(1, keepdim=True).clamp(min=1e-4)
    wave = wave * torch.exp(dice(math.log(0.04), 0.0))
    loudness = wave.pow(2).sum(1, keepdim=True).div(speech).sqrt()
    hiss = torch.randn_like(wave)
    dull = F.avg_pool1d(hiss[:, None], 7, 1, 3)[:, 0] * 2.6
    hiss = torch.where(dice.chance(0.5) > 0, dull, hiss)
    wave = wave + hiss * loudness * 10 ** (-dice(8, 50) / 20) * dice.distortion(0.8)
    wave = wave + torch.randn_like(wave) * torch.exp(dice(math.log(1e-5), math.log(4e-3))) * dice.distortion(0.8)
    wave = wave + _hum(dice, width)
    wave = (wave.clamp(-1, 1) * 32767).round() / 32768  # a file has 16 bits
    inside = torch.arange(width, device=sound.device) < total
    return wave * inside, total[:, 0].long()


def _placed(dice: Dice, wave: Tensor, count: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """The wave at another speed, with silence before and after; samples of it; samples in all."""
    speed = dice(SLOWEST, FASTEST)
    room = width - 400.0
    speed = torch.maximum(speed, count / (room - 300))
    speech = count / speed
    spare = (room - speech).clamp(min=0)
    before = _silence(dice, spare, width)
    after = _silence(dice, spare - before, width)
    total = (speech + before + after).clamp(max=room).round()
    source = (torch.arange(width, device=wave.device) - before) * speed
    low = source.floor()
    inside = (low >= 0) & (low < count - 1)
    part, low = source - low, low.clamp(0, width - 2).long()
    return (wave.gather(1, low) * (1 - part) + wave.gather(1, low + 1) * part) * inside, speech, total


def _silence(dice: Dice, spare: Tensor, width: int) -> Tensor:
    """Samples of silence: at full strength short in half of the cases, else anything there is room for."""
    short = dice(0, 1) ** 2 * QUIET + 80
    long = dice(0, 1) * spare.clamp(max=LONG_QUIET[width > 15 * RATE])
    return torch.minimum(torch.where(dice.distortion(0.5) > 0, long, short), spare)


def _hum(dice: Dice, width: int) -> Tensor:
    """What the mains leave in one recording of six."""
    time = torch.arange(width, device=dice.device) / RATE
    pitch = (HUM + (OTHER_HUM - HUM) * dice.chance(0.5)) * (1 + dice.chance(0.5))  # or its first overtone
    wave = torch.sin(2 * math.pi * pitch * time) + 0.4 * torch.sin(6 * math.pi * pitch * time)
    return wave * torch.exp(dice(math.log(1e-4), math.log(1e-2))) * dice.distortion(1 / 6)


def _tone(dice: Dice, size: int) -> Tensor:
    """A tilt of the spectrum and a low-pass, as microphones and telephones have."""
    pitch = torch.linspace(0, 1, size // 2 + 1, device=dice.device)
    tilt = torch.exp(dice(-1.3, 1.3) * (pitch - 0.3) * dice.chance(0.7))
    return tilt * torch.sigmoid((dice(0.4, 1.4) - pitch) * 30)


def _room(dice: Dice) -> Tensor:
    """An impulse, and for some recordings a fading tail of echoes."""
    time = torch.arange(REVERB, device=dice.device)
    fading = torch.exp(-time / (RATE * dice(0.02, 0.12)))
    tail = torch.randn(dice.batch, REVERB, device=dice.device) * fading * dice(0.01, 0.06) * dice.distortion(0.4)
    return tail + (time == 0)


def vocal_tract(batch: int, strength: Tensor) -> Tensor:
    """Stretch of the frequency axis, [batch]: at full `strength`, none for a third of the recordings."""
    dice = Dice(batch, strength.device)
    stretched = (dice(0, 1) < 0.67 * strength).float()
    return (1 + (dice(*VOCAL_TRACT) - 1) * stretched)[:, 0]


def masked(mel: Tensor, strength: Tensor) -> Tensor:
    """A band of bins and a run of frames blanked for half of the recordings (SpecAugment, arXiv 1904.08779)."""
    batch, frames, bins = mel.shape
    dice = Dice(batch, mel.device)
    silence = mel.amin((1, 2), keepdim=True)
    for axis, size, most in ((2, bins, MASK_BINS), (1, frames, MASK_FRAMES)):
        start, width = dice(0, size), dice(0, most) * (dice(0, 1) < 0.5 * strength)
        at = torch.arange(size, device=mel.device)
        hidden = (at >= start) & (at < start + width)
        mel = torch.where(hidden[:, None, :] if axis == 2 else hidden[:, :, None], silence, mel)
    return mel


def recoloured(patches: Tensor) -> Tensor:
    """Pictures uint8 [batch, patches, 768] as floats 0 to 1 under a slightly other light, some with noise."""
    batch = patches.shape[0]
    dice = Dice(batch, patches.device)
    light = 1 + dice(-0.05, 0.05)[..., None] + torch.randn(batch, 1, 3, device=patches.device) * 0.012
    wave = patches.float() / 255 * light.repeat(1, 1, patches.shape[2] // 3)
    wave = wave + torch.randn_like(wave) * (dice(0, 0.02) * dice.chance(0.3))[..., None]
    return (wave.clamp(0, 1) * 255).round() / 255
