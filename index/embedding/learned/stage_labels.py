"""What the reader of stages tells apart, and what it is given: the shapes that the net, its inference and its examples agree on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from index.model.launches import How, Stage

STAGES = (Stage.ANNOUNCED, Stage.LIMITED, Stage.RELEASED, Stage.DISCONTINUED, Stage.UNKNOWN)
"""In the order of the probabilities; the last is a sentence that tells of no stage."""

HOWS = tuple(How)

FLAGS = 3
"""What marks a token: of the name, of the clause around it, of a sentence without a name."""

CLASSES = (len(STAGES), len(HOWS))
"""What the net tells apart: stages, and ways of telling them."""

HEADS = 4
"""Of its attention."""

LONGEST = 128
"""Tokens of a sentence that it reads."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence as the net reads it.

    Attributes:
        tokens: what the encoder made of each. Shape (tokens, features), fp16 or fp32.
        flags: which marks each has. Shape (tokens, :data:`FLAGS`).
    """

    tokens: npt.NDArray[np.floating]
    flags: npt.NDArray[np.float32]
