"""One new token for every row through the text layers: mlx-vlm's weights, in as few operations as they allow.

A decode step's cost on a fast device is the number of its operations, so here are the layers of mlx-vlm's
`gemma4/language.py` written once more, for one token a row (tests hold the two equal):
- q, k and v are one product, gate and up are one (`joined.py`), and one normalisation serves all heads;
- attention is two products and a softmax with the query heads of a key head as their rows, so that a key is read once.
  (MLX's fused kernel has no 512-wide heads, and with array masks it is under suspicion on Metal: mlx issue 3384.)
- `mx.compile` joins what is left of the arithmetic between them. All shapes are fixed, whoever decodes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import mlx.core as mx
from mlx import nn

from batch.gemma.decoding.joined import Joined


class State(NamedTuple):
    """What a step takes and gives back, on the device. Keys and values: a list per owned layer, see cache.py.

    tokens     int32 [rows]: each row's last token, not yet in its cache
    positions  int32 [rows]: where it goes
    live       int32 [rows]: 1 for rows that move on, 0 for empty slots
    """

    tokens: mx.array
    positions: mx.array
    live: mx.array
    keys: list[mx.array]
    values: list[mx.array]


@dataclass(frozen=True)
class Layer:
    """A decoder layer of mlx-vlm as one token needs it."""

    module: Any
    heads: int
    kv_heads: int
    dim: int
    sliding: bool
    source: int  # whose keys and values: an owned layer's number
    owns: bool
    values_are_keys: bool
    project: Joined
    head_weights: mx.array  # [heads (+ kv_heads), dim]: the norms of q and k
    gate_up: Joined

    @classmethod
    def of(cls, module: Any, source: int, owns: bool) -> "Layer":
        attention = module.self_attn
        projections = [attention.q_proj]
        weights = [mx.repeat(attention.q_norm.weight[None], attention.n_heads, axis=0)]
        if owns:
            projections.append(attention.k_proj)
            weights.append(mx.repeat(attention.k_norm.weight[None], attention.n_kv_heads, axis=0))
            if not attention.use_k_eq_v:
                projections.append(attention.v_proj)
        head_weights = mx.concatenate(weights)
        mx.eval(head_weights)
        return cls(
            module=module,
            heads=attention.n_heads,
            kv_heads=attention.n_kv_heads,
            dim=attention.head_dim,
            sliding=attention.is_sliding,
            source=source,
            owns=owns,
            values_are_keys=attention.use_k_eq_v,
            project=Joined(projections),
            head_weights=head_weights,
            gate_up=Joined([module.mlp.gate_proj, module.mlp.up_proj]),
        )

    def heads_of(self, x: mx.array, positions: mx.array) -> tuple[mx.array, mx.array | None, mx.array | None]:
        """`x` [rows, hidden] -> queries [rows, heads, dim], and keys and values [rows, kv_heads, 1, dim] if owned."""
        attention = self.module.self_attn
        eps = attention.q_norm.eps
        normed = mx.fast.rms_norm(self.project(x).reshape(x.shape[0], -1, self.dim), None, eps)
        count = self.head_weights.shape[0]
        if self.owns:  # nothing masks a NaN away, since 0 x NaN is NaN: it must not stay in a slot
            normed = mx.where(mx.isnan(normed), 0, normed)
        turned = attention.rope((normed[:, :count] * self.head_weights)[:, :, None], offset=positions)
        queries = turned[:, : self.heads, 0]
        if not self.owns:
            return queries, None, None
        raw = normed[:, self.heads : count] if self.values_are_keys else normed[:, count:]
        return queries, turned[:, self.heads :], raw[:, :, None]

    def attend(self, queries: mx.array, keys: mx.array, values: mx.array, visible: mx.array) -> mx.array:
        """`queries` [rows, heads, dim], keys and values [rows, kv_heads, places, dim], `visible` bool
        [rows, 1, 1, places] -> [rows, heads x dim]. Gemma 4's scores are not scaled."""
        rows = queries.shape[0]
        grouped = queries.reshape(rows, self.kv_heads, -1, self.dim)
        scores = mx.where(visible, grouped @ keys.swapaxes(-1, -2), mx.finfo(queries.dtype).min)
        out: mx.array = (mx.softmax(scores, axis=-1, precise=True) @ values).reshape(rows, -1)
        return out

    def after_attention(self, x: mx.array, attended: mx.array, per_layer_input: mx.array | None) -> mx.array:
        """`x` [rows, hidden] with the attention's output, the feed-forward part and the layer's own input added."""
        module = self.module
        h = x + module.post_attention_layernorm(module.self_attn.o_proj(attended))
        if module.enable_moe:
            dense = module.post_feedforward_layernorm_1(self._feed(module.pre_feedforward_layernorm(h)))
            chosen, weights = module.router(h)
            sparse = module.experts(module.pre_feedforward_layernorm_2(h), chosen, weights)
            fed = dense + module.post_feedforward_layernorm_2(sparse)
        else:
            fed = self._feed(module.pre_feedforward_layernorm(h))
        h = h + module.post_feedforward_layernorm(fed)
        if per_layer_input is not None:
            gate = nn.gelu_approx(module.per_layer_input_gate(h)) * per_layer_input
            h = h + module.post_per_layer_input_norm(module.per_layer_projection(gate))
        out: mx.array = h * module.layer_scalar
        return out

    def _feed(self, x: mx.array) -> mx.array:
        gate, up = mx.split(self.gate_up(x), 2, axis=-1)
        out: mx.array = self.module.mlp.down_proj(nn.gelu_approx(gate) * up)
        return out


class TextLayers:
    """The text model of a loaded checkpoint, for one token a row."""

    def __init__(self, language_model: Any) -> None:
        self.model = language_model.model
        self._language_model = language_model
        self.owned = self.model.first_kv_shared_layer_idx
        self.layers = [
            Layer.of(module, self.model.previous_kvs[number], number < self.owned)
            for number, module in enumerate(self.model.layers)
        ]
        self.compiled: tuple[Any, Any] | None = None  # decode.py
        self.dtype: mx.Dtype = self.model.norm.weight.dtype

    def hidden(self, state: State) -> tuple[mx.array, list[mx.array], list[mx.array]]:
        """The step itself: the rows' last hidden states [rows, hidden], and the caches with the new token in them."""
        keys, values = list(state.keys), list(state.values)
        h = self.model.embed_tokens(state.tokens) * self.model.embed_scale
        inputs = self.per_layer_inputs(state.tokens, h)
        visible: dict[int, mx.array] = {}
        for number, layer in enumerate(self.layers):
            queries, new_keys, new_values = layer.heads_of(layer.module.input_layernorm(h), state.positions)
            source = layer.source
            if new_keys is not None and new_values is not None:
                keys[source] = _put(keys[source], new_keys, state.positions)
                values[source] = _put(values[source], new_values, state.positions)
            places = keys[source].shape[2]
            if places not in visible:
                visible[places] = self.visible(places, state.positions)
            attended = layer.attend(queries, keys[source], values[source], visible[places])
            h = layer.after_attention(h, attended, None if inputs is None else inputs[:, number])
        return self.model.norm(h), keys, values

    def visible(self, places: int, positions: mx.array) -> mx.array:
        """bool [rows, 1, 1, places]: what each row's new token sees. A ring is all visible once it has turned."""
        return mx.arange(places)[None, None, None] <= positions[:, None, None, None]

    def per_layer_inputs(self, tokens: mx.array, h: mx.array) -> mx.array | None:
        """[..., layers, width] for `tokens` [...] whose embeddings are `h`; None for models without."""
        if not self.model.hidden_size_per_layer_input:
            return None
        projected: mx.array = self.model.project_per_layer_inputs(h, self.model.get_per_layer_inputs(tokens))
        return projected

    def logits(self, hidden: mx.array) -> mx.array:
        """[..., hidden] -> [..., vocabulary], in the model's own precision."""
        from mlx_vlm.models.gemma4.language import LanguageModel

        out: mx.array = LanguageModel.logits_from_hidden(self._language_model, hidden)
        return out


def _put(cache: mx.array, new: mx.array, positions: mx.array) -> mx.array:
    """`new` [rows, heads, 1, dim] into `cache` at each row's own place; in its memory where nobody else holds it."""
    places = (positions % cache.shape[2])[:, None, None, None]
    put: mx.array = mx.put_along_axis(cache, mx.broadcast_to(places, new.shape), new, axis=2)
    return put
