"""The nets without PyTorch read as PyTorch reads."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from index.embedding.learned.stage_inference import Nets
from index.embedding.learned.stage_labels import FLAGS, LONGEST, Marked
from index.embedding.learned.stage_net import Net, _batch

pytestmark = pytest.mark.model

FEATURES = 24
DICE = np.random.default_rng(1)
CENTRE = DICE.normal(size=FEATURES).astype(np.float32)
SCALE = DICE.uniform(0.5, 2, FEATURES).astype(np.float32)


@pytest.fixture(scope="module")
def trained() -> list[Net]:
    """Nets with weights of which none is the same."""
    made = []
    for seed in range(3):
        torch.manual_seed(seed)
        net = Net(FEATURES).eval()
        with torch.no_grad():
            for weights in net.parameters():
                weights.add_(0.3 * torch.randn_like(weights))
        made.append(net)
    return made


def sentence(length: int, dice: np.random.Generator) -> Marked:
    flags = (dice.random((length, FLAGS)) < 0.2).astype(np.float32)
    return Marked((CENTRE + SCALE * dice.normal(size=(length, FEATURES))).astype(np.float16), flags)


def expected(nets: list[Net], sentences: list[Marked]) -> list[npt.NDArray[np.float32]]:
    with torch.inference_mode():
        read = [[logits.softmax(dim=1).numpy() for logits in net(*_batch(sentences, CENTRE, SCALE))] for net in nets]
    return [np.mean(some, axis=0) for some in zip(*read, strict=True)]


@pytest.mark.slow
@given(st.lists(st.integers(0, 40) | st.just(LONGEST + 20), min_size=1, max_size=90), st.integers(0, 1000))
def test_sentences_of_all_lengths_are_read_alike(trained: list[Net], lengths: list[int], seed: int) -> None:
    dice = np.random.default_rng(seed)
    sentences = [sentence(length, dice) for length in lengths]
    nets = Nets([{name: weights.numpy() for name, weights in net.state_dict().items()} for net in trained], CENTRE, SCALE)
    for mine, theirs in zip(nets.read(sentences), expected(trained, sentences), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=2e-5)


def test_nothing_is_read_of_nothing(trained: list[Net]) -> None:
    nets = Nets([{name: weights.numpy() for name, weights in trained[0].state_dict().items()}], CENTRE, SCALE)
    assert [rows.shape[0] for rows in nets.read([])] == [0, 0]
