"""The decoder: per-layer embeddings, sliding and full attention, and keys and values shared by the last layers.

The last `num_kv_shared_layers` layers compute no keys or values: they read those of the last sliding and the
last full layer before them. So for them a position that predicts nothing need not exist, and from there on
only the positions that predict an answer are computed. transformers does the same when it generates.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo_model.network.layers import Config, RMSNorm, rotate

FULL, SLIDING = "full_attention", "sliding_attention"
KeysValues = tuple[Tensor, Tensor]


class Attention(nn.Module):
    def __init__(self, config: Config, shared: bool) -> None:
        super().__init__()
        hidden, self.width, self.heads = config["hidden_size"], config["head_dim"], config["num_attention_heads"]
        self.q_proj = nn.Linear(hidden, self.heads * self.width, bias=False)
        self.o_proj = nn.Linear(self.heads * self.width, hidden, bias=False)
        self.q_norm = RMSNorm(self.width)
        if not shared:
            self.k_proj = nn.Linear(hidden, self.width, bias=False)  # one head of keys for all heads of queries
            self.v_proj = nn.Linear(hidden, self.width, bias=False)
            self.k_norm = RMSNorm(self.width)
            self.v_norm = RMSNorm(self.width, scaled=False)

    def keys_values(self, x: Tensor, cos: Tensor, sin: Tensor) -> KeysValues:
        """Both [batch, 1, positions, width]."""
        keys = rotate(self.k_norm(self.k_proj(x)), cos, sin)
        return keys[:, None], self.v_norm(self.v_proj(x))[:, None]

    def forward(self, x: Tensor, kept: KeysValues, cos: Tensor, sin: Tensor, seen: Tensor | None) -> Tensor:
        """`seen` is True where a query may look; None is plain causal attention."""
        batch, length, _ = x.shape
        queries = self.q_norm(self.q_proj(x).view(batch, length, self.heads, self.width)).transpose(1, 2)
        queries = rotate(queries, cos[..., None, :, :], sin[..., None, :, :])
        keys, values = (tensor.expand(-1, self.heads, -1, -1).contiguous() for tensor in kept)
        out = F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen, is_causal=seen is None, scale=1.0)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class MLP(nn.Module):
    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, width, bias=False)
        self.up_proj = nn.Linear(hidden, width, bias=False)
        self.down_proj = nn.Linear(width, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.gelu(self.gate_proj(x), approximate="tanh") * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config: Config, index: int) -> None:
        super().__init__()
        hidden, extra = config["hidden_size"], config["hidden_size_per_layer_input"]
        self.shared = index >= config["num_hidden_layers"] - config["num_kv_shared_layers"]
        self.kind: str = config["layer_types"][index]
        wide = 2 if self.shared and config["use_double_wide_mlp"] else 1
        self.self_attn = Attention(config, self.shared)
        self.mlp = MLP(hidden, config["intermediate_size"] * wide)
        self.input_layernorm = RMSNorm(hidden)
        self.post_attention_layernorm = RMSNorm(hidden)
        self.pre_feedforward_layernorm = RMSNorm(hidden)
        self.post_feedforward_layernorm = RMSNorm(hidden)
        self.per_layer_input_gate = nn.Linear(hidden, extra, bias=False)
        self.per_layer_projection = nn.Linear(extra, hidden, bias=False)
        self.post_per_layer_input_norm = RMSNorm(hidden)

    def forward(
        self, x: Tensor, extra: Tensor, kept: KeysValues | None, cos: Tensor, sin: Tensor, seen: Tensor | None
    ) -> tuple[Tensor, KeysValues]:
        """x: [batch, positions, hidden]; extra: [batch, positions, width]; `kept` is read by a layer that shares.

        Returns x and the keys and values that this layer has used.
        """
        normed = self.input_layernorm(x)
        if kept is None:
            kept = self.self_attn.keys_values(normed, cos, sin)
        x = x + self.post_attention_layernorm(self.self_attn(normed, kept, cos, sin, seen))
        x = x + self.post_feedforward_layernorm(self.mlp(self.pre_feedforward_layernorm(x)))
        gated = F.gelu(self.per_layer_input_gate(x), approximate="tanh") * extra
        return x + self.post_per_layer_input_norm(self.per_layer_projection(gated)), kept


class TextModel(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.hidden, self.extra = config["hidden_size"], config["hidden_size_per_layer_input"]
        self.depth, vocabulary = config["num_hidden_layers"], config["vocab_size"]
        self.embed_scale = torch.tensor(self.hidden**0.5).bfloat16().item()  # rounded, as the published code does
        self.embed_tokens = nn.Embedding(vocabulary, self.hidden, padding_idx=0)
        self.embed_tokens_per_layer = nn.Embedding(vocabulary, self.depth * self.extra, padding_idx=0)
        self.per_layer_model_projection = nn.Linear(self.hidden, self.depth * self.extra, bias=False)
        self.per_layer_projection_norm = RMSNorm(self.extra)
        self.layers = nn.ModuleList(Layer(config, index) for index in range(self.depth))
        self.norm = RMSNorm(self.hidden)

    def forward(self, ids: Tensor, media: Tensor, is_media: Tensor, ask: Tensor) -> Tensor:
        """Logits where they are asked for.

        ids: [batch, length] token ids; media: [batch, length, hidden], read where `is_media` [batch, length];
        ask: [batch, answers] positions. Returns float32 [batch, answers, vocabulary].
        """
        plain = ids.masked_fill(is_media, 0)
        x = torch.where(is_media[..., None], media, self.embed_tokens(plain) * self.embed_scale)
        extra = self._per_layer(plain, x)
        length = ids.shape[1]
        rope = {kind: self._rope(kind, length, x) for kind in (FULL, SLIDING)}
        seen = self._seen(length, ids.device)
        kept: dict[str, KeysValues] = {}
        narrowed = False
        for index, layer in enumerate(self.layers):
            if layer.shared and not narrowed:  # from here on, only the positions that are asked for
                narrowed = True
                x = x.gather(1, ask[..., None].expand(-1, -1, self.hidden))
                extra = extra.gather(1, ask[..., None, None].expand(-1, -1, self.depth, self.extra))
                rope = {kind: (cos[ask], sin[ask]) for kind, (cos, sin) in rope.items()}
                causal = torch.ones(length, length, dtype=torch.bool, device=ids.device).tril()
                seen = {kind: (causal if mask is None else mask)[ask][:, None] for kind, mask in seen.items()}
            shared = kept[layer.kind] if layer.shared else None
            x, kept[layer.kind] = layer(x, extra[:, :, index], shared, *rope[layer.kind], seen[layer.kind])
        logits = F.linear(self.norm(x), self.embed_tokens.weight).float()
        cap = self.config["final_logit_softcapping"]
        return torch.tanh(logits / cap) * cap

    def _per_layer(self, ids: Tensor, x: Tensor) -> Tensor:
        """What each layer is told about each token: [batch, length, layers, width]."""
        shape = (*ids.shape, self.depth, self.extra)
        of_token = self.embed_tokens_per_layer(ids).view(shape) * self.extra**0.5
        of_context = (self.per_layer_model_projection(x) * self.hidden**-0.5).view(shape)
        return (self.per_layer_projection_norm(of_context) + of_token) * 2.0**-0.5

    def _rope(self, kind: str, length: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """cos and sin, [length, width]. Full layers turn only the first quarter of the frequencies."""
        settings, width = self.config["rope_parameters"][kind], self.config["head_dim"]
        turned = int(settings.get("partial_rotary_factor", 1.0) * width) // 2
        frequencies = settings["rope_theta"] ** (-torch.arange(width // 2, device=like.device) * 2.0 / width)
        frequencies = torch.where(torch.arange(width // 2, device=like.device) < turned, frequencies, 0.0)
        angles = torch.arange(length, device=like.device)[:, None] * frequencies
        angles = torch.cat((angles, angles), -1)
        return angles.cos().to(like.dtype), angles.sin().to(like.dtype)

    def _seen(self, length: int, device: torch.device) -> dict[str, Tensor | None]:
        window = self.config["sliding_window"]
        if length <= window:
            return {FULL: None, SLIDING: None}
        position = torch.arange(length, device=device)
        distance = position[:, None] - position
        return {FULL: None, SLIDING: (distance >= 0) & (distance < window)}
