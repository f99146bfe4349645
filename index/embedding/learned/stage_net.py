"""The net behind :class:`index.embedding.learned.stage_reader.StageReader`: one layer of a transformer over the tokens of a frozen encoder.

What an encoder's middle layers know of negation, mood and tense stands with the single words that say so. The net lets the tokens of
a product's name look for them, before it takes means. On products that it had not seen (one fold of five, one net) that read the stage
of 79-80 % of the labelled sentences, where means of the encoder's own vectors had read 76 %.
It is trained here, by PyTorch, which is imported when this module is; :mod:`index.embedding.learned.stage_inference` puts it to use
without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from index.embedding.learned.stage_labels import CLASSES, FLAGS, HEADS, LONGEST, STAGES, Marked

_HIDDEN = 128
_DROPOUT = 0.3
_DECAY = 0.05
_EPOCHS = 9
_BATCH, _SORTED = 64, 512  # examples a step; examples that are sorted by length, so that little is padding
_RATE = 1e-3
_SMOOTHING = 0.1
_HOW_SHARE = 0.4  # of the loss


class Net(nn.Module):
    """From marked tokens to the logits of the stages and of the ways of telling them.

    Args:
        features: the length of a token's vector.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(_DROPOUT)
        self.tokens = nn.Linear(features, _HIDDEN)
        self.flags = nn.Linear(FLAGS, _HIDDEN, bias=False)
        self.norm = nn.LayerNorm(_HIDDEN)
        self.layer = nn.TransformerEncoderLayer(_HIDDEN, HEADS, 2 * _HIDDEN, _DROPOUT, activation="gelu", batch_first=True, norm_first=True)
        self.logits = nn.Sequential(nn.LayerNorm(3 * _HIDDEN), nn.Dropout(_DROPOUT), nn.Linear(3 * _HIDDEN, sum(CLASSES)))

    def forward(self, tokens: Tensor, flags: Tensor, present: Tensor) -> tuple[Tensor, ...]:
        """The logits. Shapes (sentences, tokens, features), (sentences, tokens, FLAGS) and (sentences, tokens)."""
        read = self.norm(self.tokens(self.dropout(tokens)) + self.flags(flags))
        read = self.layer(read, src_key_padding_mask=~present)
        whole = _mean(read, present.float())
        name, clause = (
            torch.where(flags[:, :, at].any(dim=1, keepdim=True), _mean(read, flags[:, :, at]), whole) for at in range(FLAGS - 1)
        )
        return self.logits(torch.cat([whole, name, clause], dim=1)).split(CLASSES, dim=1)  # type: ignore[no-any-return]


def _mean(read: Tensor, weights: Tensor) -> Tensor:
    return (read * weights[:, :, None]).sum(dim=1) / weights.sum(dim=1, keepdim=True).clamp(min=1)


def _batch(sentences: Sequence[Marked], centre: npt.NDArray[np.float32], scale: npt.NDArray[np.float32]) -> tuple[Tensor, Tensor, Tensor]:
    length = max(1, min(LONGEST, max(len(one.tokens) for one in sentences)))
    tokens = np.zeros((len(sentences), length, len(centre)), np.float32)
    flags = np.zeros((len(sentences), length, FLAGS), np.float32)
    present = np.zeros((len(sentences), length), bool)
    present[:, 0] = True  # attention needs something to look at
    for row, one in enumerate(sentences):
        own = min(length, len(one.tokens))
        tokens[row, :own] = (one.tokens[:own] - centre) / scale
        flags[row, :own] = one.flags[:own]
        present[row, :own] = True
    return torch.from_numpy(tokens), torch.from_numpy(flags), torch.from_numpy(present)


def train(
    sentences: Sequence[Marked],
    stages: Sequence[int],
    hows: Sequence[int],
    *,
    centre: npt.NDArray[np.float32],
    scale: npt.NDArray[np.float32],
    seed: int,
) -> Net:
    """A net that has learned from examples; ``hows`` are -1 where nothing is to be learned."""
    chance = np.random.default_rng(seed)
    lengths = np.array([len(one.tokens) for one in sentences])
    stage, how = torch.tensor(stages), torch.tensor(hows)
    # Rare stages count more, but not in full: that would find them everywhere.
    weights = (len(stage) / torch.bincount(stage, minlength=len(STAGES)).clamp(min=1)) ** 0.5
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Net(len(centre))
        optimizer = torch.optim.AdamW(net.parameters(), weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=_EPOCHS * len(_batches(lengths, chance)))
        for _ in range(_EPOCHS):
            for rows in _batches(lengths, chance):
                stage_logits, how_logits = net(*_batch([sentences[at] for at in rows], centre, scale))
                loss = nn.functional.cross_entropy(stage_logits, stage[rows], weights / weights.mean(), label_smoothing=_SMOOTHING)
                if (how[rows] >= 0).any():
                    loss = loss + _HOW_SHARE * nn.functional.cross_entropy(how_logits, how[rows], ignore_index=-1)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                schedule.step()
    return net.eval()


def _batches(lengths: npt.NDArray[np.int64], chance: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """All examples in a random order, those of a batch of about equal length."""
    order = chance.permutation(len(lengths))
    batches = []
    for at in range(0, len(order), _SORTED):
        some = order[at : at + _SORTED]
        some = some[np.argsort(lengths[some], kind="stable")]
        batches += [some[start : start + _BATCH] for start in range(0, len(some), _BATCH)]
    return [batches[at] for at in chance.permutation(len(batches))]
