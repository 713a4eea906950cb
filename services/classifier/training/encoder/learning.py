"""Fine-tunes the encoder: one run for all heads, bounded in steps and, if wished, in time.

Plain AdamW with lower rates for lower layers and a rate that falls to nothing; what is kept is a
moving average of the last part of the run. The same seed, steps and machine give the same weights,
unless a limit in minutes cuts the run short.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.classifier.encoder.pieces import PAD, Ints, Pieces
from services.classifier.linear.features import Floats
from services.classifier.training.encoder.network import Tensor, Weights, layers_of, sums, vectors
from services.classifier.training.encoder.noise import Noise
from services.classifier.training.encoder.rows import ALL_HEADS, NEUTRAL, Item, columns_of

SHARES = {"tone": 1.0, "language": 0.5, "kind": 0.7, "category": 0.7, "urgency": 1.2,
          "tags": 0.15, "matter": 1.0, "accuses": 1.2, "berkadar": 1.2,
          "spam": 1.2}  # fmt: skip
"""How much the loss of each head counts."""
MOST_PIECES = 64  # of a text in training: a third of the time of 96, and the opening tells most
BATCH = 32
_SORTED_AT_ONCE = 40 * BATCH  # batches of like length are cut from so many texts
# Heads of many labels learn nothing in time at the rate that suits three tones.
_RATE, _RATE_HEADS, _RATE_PLACES, _RATE_WORDS = 8e-5, 2e-3, 4e-5, 3e-5
_LOWER = 0.97  # the rate of a layer, as a share of that of the next
_WARM = 60
_LAST_RATE = 0.01
_DROP, _DROP_HEADS = 0.1, 0.1
_DECAY, _LONGEST_STEP = 0.01, 1.0
_AVERAGED_FROM, _AVERAGED_EVERY, _AVERAGED_SHARE = 0.7, 5, 0.05
_HIDDEN = -1e4
Tell = Callable[[str], None]
Batch = Sequence[tuple[Ints, Item]]


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: after so many steps, or minutes if they are fewer.

    `rates`: how far a step goes, as a share of what suits weights that know none of the heads.
    `short`: products of 16 bits; slower where the processor lacks them.
    """

    steps: int
    minutes: float | None = None
    seed: int = 7
    threads: int = 1
    rates: float = 1.0
    short: bool = False


def learnt(
    start: Mapping[str, Floats], attention: int, items: Sequence[Item], pieces: Pieces,
    noise: Noise, limits: Limits, tell: Tell,
) -> tuple[dict[str, Floats], int]:  # fmt: skip
    """The averaged weights after the run, with those of the heads, and how many steps it took."""
    import torch

    torch.set_num_threads(limits.threads)
    torch.manual_seed(limits.seed)
    rng = random.Random(limits.seed)  # noqa: S311 - no secret
    weights = {name: torch.tensor(values, requires_grad=True) for name, values in start.items()}
    if "heads.w" not in weights:
        weights |= _fresh_heads(torch, start["emb.ln.w"].size)
    optimisers = _optimisers(torch, weights)
    rates = [(group, group["lr"]) for one in optimisers for group in one.param_groups]
    dense = [values for name, values in weights.items() if name != "emb.word"]
    average: dict[str, Tensor] = {}
    begin, step, losses = time.monotonic(), 0, []
    for batch in _batches(items, pieces, noise, rng):
        done = _progress(step, time.monotonic() - begin, limits)
        if done >= 1:
            break
        share = limits.rates * _rate(step, done, limits)
        for group, rate in rates:
            group["lr"] = rate * share
        loss = _loss(torch, weights, batch, attention, short=limits.short)
        for one in optimisers:
            one.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(dense, _LONGEST_STEP)
        for one in optimisers:
            one.step()
        step += 1
        losses.append(float(loss.detach()))
        if done > _AVERAGED_FROM and step % _AVERAGED_EVERY == 0:
            _average(torch, average, weights)
        if step % 50 == 0:
            tell(f"step {step}, loss {np.mean(losses[-50:]):.3f}, {100 * done:.0f} % done")
    found = average or weights
    return {name: values.detach().numpy().copy() for name, values in found.items()}, step


def _progress(step: int, seconds: float, limits: Limits) -> float:
    """The share of the run that is over."""
    by_time = seconds / (60 * limits.minutes) if limits.minutes else 0.0
    return max(step / limits.steps, by_time)


def _rate(step: int, done: float, limits: Limits) -> float:
    """Rises at first, then falls in a line."""
    if step < _WARM:
        return min(1.0, (step + 1) / _WARM)
    return max(_LAST_RATE, min(1.0, (1 - done) / (1 - min(0.05, _WARM / limits.steps))))


def _fresh_heads(torch: Any, width: int) -> dict[str, Tensor]:
    columns = sum(len(plan.labels) for plan in ALL_HEADS)
    bound = width**-0.5
    matrix = torch.empty(columns, width).uniform_(-bound, bound).requires_grad_()
    return {"heads.w": matrix, "heads.b": torch.zeros(columns, requires_grad=True)}


def _optimisers(torch: Any, weights: Weights) -> list[Any]:
    """Few words occur in a batch, so theirs is an optimiser that leaves the others alone."""
    layers = layers_of(weights)
    groups: dict[float, list[Tensor]] = {}
    for name, values in weights.items():
        if name == "emb.word":
            continue
        if name.startswith("heads."):
            rate = _RATE_HEADS
        elif name.startswith("emb."):
            rate = _RATE_PLACES
        else:
            rate = _RATE * _LOWER ** (layers - 1 - int(name.partition(".")[0][1:]))
        groups.setdefault(rate, []).append(values)
    split = [{"params": values, "lr": rate} for rate, values in groups.items()]
    return [
        torch.optim.AdamW(split, weight_decay=_DECAY, fused=True),
        torch.optim.SparseAdam([weights["emb.word"]], lr=_RATE_WORDS),
    ]


def _average(torch: Any, average: dict[str, Tensor], weights: Weights) -> None:
    with torch.no_grad():
        for name, values in weights.items():
            if name in average:
                average[name].lerp_(values, _AVERAGED_SHARE)
            else:
                average[name] = values.detach().clone()


def _batches(
    items: Sequence[Item], pieces: Pieces, noise: Noise, rng: random.Random
) -> Iterator[Batch]:
    """Pass after pass in a new order, each text written anew, texts of like length together."""
    while True:
        order = rng.sample(items, len(items))
        for start in range(0, len(order), BATCH * _SORTED_AT_ONCE):
            part = [
                noise.changed(one, rng) for one in order[start : start + BATCH * _SORTED_AT_ONCE]
            ]
            cut = [(pieces.ids(item.text, MOST_PIECES), item) for item in part]
            cut.sort(key=lambda one: len(one[0]))
            batches = [cut[place : place + BATCH] for place in range(0, len(cut), BATCH)]
            rng.shuffle(batches)
            yield from batches


def padded(torch: Any, texts: Sequence[Ints]) -> tuple[Tensor, Tensor]:
    """A row a text, filled up to the longest, and where its pieces are."""
    ids = torch.full((len(texts), max(map(len, texts))), PAD)
    mask = torch.zeros(ids.shape)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1.0
    return ids, mask


def _loss(torch: Any, weights: Weights, batch: Batch, attention: int, *, short: bool) -> Tensor:
    """Of every head the rows that know its label; the mean over the batch."""
    from torch.nn import functional as nn

    ids, mask = padded(torch, [text for text, _ in batch])
    with torch.autocast("cpu", torch.bfloat16, enabled=short):
        read = vectors(weights, ids, mask, attention, drop=_DROP)
    said = sums(weights, nn.dropout(read.float(), _DROP_HEADS))
    items = [item for _, item in batch]
    loss = torch.zeros(())
    for plan in ALL_HEADS:
        rows = [row for row, item in enumerate(items) if plan.name in item.wanted]
        if not rows:
            continue
        columns = said[rows, columns_of()[plan.name]]
        wanted = torch.tensor([items[row].wanted[plan.name] for row in rows])
        if plan.name == "tone":
            two = torch.tensor([items[row].two for row in rows])
            columns[:, NEUTRAL] = columns[:, NEUTRAL].masked_fill(two, _HIDDEN)
        if plan.form == "softmax":
            lost = -(nn.log_softmax(columns, -1) * wanted).sum()
        else:
            lost = nn.binary_cross_entropy_with_logits(columns, wanted, reduction="sum")
        loss = loss + SHARES[plan.name] * lost
    return loss / len(batch)
