"""The audio tower: two strided convolutions (four mel frames become one token), then conformer layers.

Attention is local: a token sees itself and the 11 before it. It is computed in chunks of 12 queries over the
24 keys that any of them can see, with relative positions (Transformer-XL, arXiv 1901.02860, appendix B).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo_model.network.layers import EPS, Boxed, Config, RMSNorm


class ConvLayer(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
        self.norm = nn.LayerNorm(outputs, eps=EPS, bias=False)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """x: [batch, frames, bins, channels]; valid: [batch, frames]. Returns half of the frames and of the bins."""
        x = x * valid[:, :, None, None]
        return F.relu(self.norm(self._one_channel(x[..., 0]) if x.shape[-1] == 1 else self._channels(x)))

    def _channels(self, x: Tensor) -> Tensor:
        return self.conv(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)  # stays channels-last in memory

    def _one_channel(self, x: Tensor) -> Tensor:
        """The same convolution as one matrix product over the nine shifted pictures: much faster for one channel."""
        frames, bins = x.shape[1], x.shape[2]
        padded = F.pad(x, (1, 1, 1, 1))
        shifted = [padded[:, i : i + frames : 2, j : j + bins : 2] for i in range(3) for j in range(3)]
        return torch.stack(shifted, -1) @ self.conv.weight.flatten(1).t()


class Subsample(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        first, second = config["subsampling_conv_channels"]
        self.layer0, self.layer1 = ConvLayer(1, first), ConvLayer(first, second)
        self.input_proj_linear = nn.Linear(first // 4 * second, config["hidden_size"], bias=False)

    def forward(self, mel: Tensor, valid: Tensor) -> Tensor:
        half = self.layer0(mel[..., None], valid)
        quarter = self.layer1(half, valid[:, ::2])
        return self.input_proj_linear(quarter.flatten(2))


class AudioAttention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden, self.heads = config["hidden_size"], config["num_attention_heads"]
        self.width, self.chunk = hidden // self.heads, config["attention_chunk_size"]
        self.past, self.cap = config["attention_context_left"] - 1, config["attention_logit_cap"]
        self.q_proj, self.k_proj, self.v_proj, self.post = (Boxed(hidden, hidden) for _ in range(4))
        self.relative_k_proj = nn.Linear(hidden, hidden, bias=False)
        self.per_dim_scale = nn.Parameter(torch.zeros(self.width))

    def forward(self, x: Tensor, places: Tensor, seen: Tensor) -> Tensor:
        """x: [batch, tokens, hidden]; places: [13, hidden]; seen: [batch, 1, chunks, 12, 24] bool."""
        batch, tokens, hidden = x.shape
        context = self.chunk + self.past
        queries = self.q_proj(x) * self._scale(x)
        keys = self.k_proj(x) * (math.log(1 + math.e) / math.log(2))
        values = self.v_proj(x)
        queries = F.pad(queries, (0, 0, 0, -tokens % self.chunk)).unflatten(1, (-1, self.chunk))
        queries = self._by_head(queries)  # [batch, heads, chunks, 12, width]
        keys, values = (self._by_head(self._contexts(tensor)) for tensor in (keys, values))
        relative = self.relative_k_proj(places).view(-1, self.heads, self.width).permute(1, 2, 0)
        near = queries.flatten(2, 3) @ relative  # [batch, heads, positions, 13]
        near = near.unflatten(2, (-1, self.chunk))
        near = F.pad(near, (0, context + 1 - near.shape[-1])).flatten(-2)[..., : self.chunk * context]
        logits = (queries @ keys.transpose(-1, -2) + near.unflatten(-1, (self.chunk, context))).float()
        logits = (torch.tanh(logits / self.cap) * self.cap).masked_fill(~seen, -1e9)
        out = logits.softmax(-1).to(values.dtype) @ values
        out = out.permute(0, 2, 3, 1, 4).reshape(batch, -1, hidden)[:, :tokens]
        return self.post(out)

    def _scale(self, x: Tensor) -> Tensor:
        scale = self.width**-0.5 / math.log(2) * F.softplus(self.per_dim_scale)
        return scale.repeat(self.heads).to(x.dtype)

    def _contexts(self, x: Tensor) -> Tensor:
        """[batch, tokens, hidden] -> [batch, chunks, 24, hidden]: the chunk and the 12 tokens before it."""
        tokens = x.shape[1]
        padded = F.pad(x, (0, 0, self.past, -tokens % self.chunk))
        before = padded[:, : padded.shape[1] - self.past].unflatten(1, (-1, self.chunk))
        own = padded[:, self.past :].unflatten(1, (-1, self.chunk))
        return torch.cat((before, own), 2)

    def _by_head(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, self.width)).permute(0, 3, 1, 2, 4)


class FeedForward(nn.Module):
    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.ffw_layer_1, self.ffw_layer_2 = Boxed(hidden, hidden * 4), Boxed(hidden * 4, hidden)
        self.pre_layer_norm, self.post_layer_norm = RMSNorm(hidden), RMSNorm(hidden)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.ffw_layer_2(F.silu(self.ffw_layer_1(self.pre_layer_norm(x))))
        return x + 0.5 * self.post_layer_norm(inner)


class LightConv(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden, self.kernel = config["hidden_size"], config["conv_kernel_size"]
        self.linear_start, self.linear_end = Boxed(hidden, hidden * 2), Boxed(hidden, hidden)
        self.depthwise_conv1d = nn.Conv1d(hidden, hidden, self.kernel, groups=hidden, bias=False)
        self.pre_layer_norm, self.conv_norm = RMSNorm(hidden), RMSNorm(hidden)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.glu(self.linear_start(self.pre_layer_norm(x)), -1)
        return x + self.linear_end(F.silu(self.conv_norm(self._causal(inner))))

    def _causal(self, x: Tensor) -> Tensor:
        """The depthwise convolution as a sum of shifted copies: five products beat a general kernel here."""
        padded = F.pad(x, (0, 0, self.kernel - 1, 0))
        weight = self.depthwise_conv1d.weight[:, 0]
        return sum(padded[:, tap : tap + x.shape[1]] * weight[:, tap] for tap in range(self.kernel))


class AudioLayer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden = config["hidden_size"]
        self.feed_forward1, self.feed_forward2 = FeedForward(hidden), FeedForward(hidden)
        self.self_attn, self.lconv1d = AudioAttention(config), LightConv(config)
        self.norm_pre_attn, self.norm_post_attn, self.norm_out = RMSNorm(hidden), RMSNorm(hidden), RMSNorm(hidden)

    def forward(self, x: Tensor, places: Tensor, seen: Tensor) -> Tensor:
        x = self.feed_forward1(x)
        x = x + self.norm_post_attn(self.self_attn(self.norm_pre_attn(x), places, seen))
        return self.norm_out(self.feed_forward2(self.lconv1d(x)))


class AudioTower(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.subsample_conv_projection = Subsample(config)
        self.layers = nn.ModuleList(AudioLayer(config) for _ in range(config["num_hidden_layers"]))
        self.output_proj = nn.Linear(config["hidden_size"], config["output_proj_dims"])

    def forward(self, mel: Tensor, frames: Tensor) -> Tensor:
        """Soft tokens [batch, mel frames / 4, width]; those beyond ceil(ceil(frames / 2) / 2) mean nothing.

        mel: [batch, mel frames, 128], a multiple of four frames; frames: [batch], how many are sound.
        """
        valid = torch.arange(mel.shape[1], device=mel.device) < frames[:, None]
        x = self.subsample_conv_projection(mel, valid)
        places = self._places(x)
        seen = self._seen(valid[:, ::4])
        for layer in self.layers:
            x = layer(x, places, seen)
        return self.output_proj(x)

    def _places(self, like: Tensor) -> Tensor:
        """Sinusoids for the distances 12 down to 0."""
        chunk, past = self.config["attention_chunk_size"], self.config["attention_context_left"] - 1
        half = self.config["hidden_size"] // 2
        step = -math.log(10000.0) / (half - 1)
        distance = torch.arange((chunk + past) // 2, -1, -1, device=like.device)[:, None]
        angles = distance * torch.exp(torch.arange(half, device=like.device) * step)
        return torch.cat((angles.sin(), angles.cos()), -1).to(like.dtype)

    def _seen(self, valid: Tensor) -> Tensor:
        """Which of the 24 keys each of the 12 queries sees: those of the last 12 positions that are sound."""
        chunk, past = self.config["attention_chunk_size"], self.config["attention_context_left"] - 1
        tokens = valid.shape[1]
        padded = F.pad(valid, (past, -tokens % chunk))
        keys = padded.unfold(1, chunk + past, chunk)[:, None, :, None]
        distance = torch.arange(chunk, device=valid.device)[:, None] + past
        distance = distance - torch.arange(chunk + past, device=valid.device)
        return keys & (distance >= 0) & (distance < past)
