"""The encoder as functions of its weights: what training and the writing of the artefact share.

Twelve layers of attention and feed-forward, each followed by a normalisation (as XLM-R), the mean
over the pieces, and one matrix for all heads. Weights are named as in `origin`, with `heads.w` and
`heads.b`. PyTorch is imported by whoever calls.
"""

from collections.abc import Callable, Mapping
from typing import Any

Tensor = Any
Weights = Mapping[str, Tensor]
Watch = Callable[[str, Tensor], None]
"""Told what each matrix is multiplied with, by the name of the matrix."""
EPSILON = 1e-12


def vectors(
    weights: Weights, ids: Tensor, mask: Tensor, attention: int, *, drop: float = 0.0,
    watch: Watch = lambda _name, _values: None,
) -> Tensor:  # fmt: skip
    """The mean over the pieces of each text (a row of `ids`, whose `mask` is 1 where one is)."""
    from torch.nn import functional as nn

    def norm(values: Tensor, name: str) -> Tensor:
        size = values.shape[-1:]
        return nn.layer_norm(values, size, weights[f"{name}.w"], weights[f"{name}.b"], EPSILON)

    def linear(values: Tensor, name: str) -> Tensor:
        watch(name, values)
        return nn.linear(values, weights[f"{name}.w"], weights[f"{name}.b"])

    def dropped(values: Tensor) -> Tensor:
        return nn.dropout(values, drop) if drop else values

    texts, length = ids.shape
    found = nn.embedding(ids, weights["emb.word"], sparse=True) + weights["emb.pos"][:length]
    found = dropped(norm(found + weights["emb.type"][0], "emb.ln"))
    hidden = (1.0 - mask[:, None, None, :]) * -1e4
    for number in range(layers_of(weights)):
        name = f"l{number}"
        q, k, v = (
            linear(found, f"{name}.{part}").view(texts, length, attention, -1).transpose(1, 2)
            for part in "qkv"
        )
        seen = nn.scaled_dot_product_attention(q, k, v, attn_mask=hidden)
        seen = seen.transpose(1, 2).reshape(texts, length, -1)
        found = norm(found + dropped(linear(seen, f"{name}.ao")), f"{name}.aln")
        inner = nn.gelu(linear(found, f"{name}.fi"))
        found = norm(found + dropped(linear(inner, f"{name}.fo")), f"{name}.oln")
    share = mask[:, :, None]
    return (found * share).sum(1) / share.sum(1).clamp(min=1)


def sums(weights: Weights, read: Tensor) -> Tensor:
    """The sums of every head's columns."""
    return read @ weights["heads.w"].T + weights["heads.b"]


def layers_of(weights: Weights) -> int:
    """How many layers there are."""
    return sum(name.endswith(".ao.w") for name in weights)
