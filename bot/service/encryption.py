"""Secrets as they are stored: encrypted where ``SHIPDATE_KEY`` is set, by the recipe Fernet of the ``cryptography`` package."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from index import ShipdateError

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")  # 32 bytes; Python's own decoder reads a key out of much that is none
_MARK = "fernet:"  # which no token of a chat platform begins with


class SealError(ShipdateError):
    """A key cannot be one, or is not the one that a secret was encrypted with."""


class Seal:
    """Encrypts with the first of some keys, and decrypts with any of them: so a new key is put before the old one, until all is renewed.

    Without a key, secrets are stored as they are.
    """

    def __init__(self, keys: Sequence[Fernet]) -> None:
        self._first = keys[0] if keys else None
        self._all = MultiFernet(keys) if keys else None

    @classmethod
    def of(cls, keys: str) -> Seal:
        """From the setting: keys with commas between them.

        Raises:
            SealError: one of them is no key.
        """
        named = [key.strip() for key in keys.split(",") if key.strip()]
        if not all(map(_KEY.fullmatch, named)):
            raise SealError(
                "SHIPDATE_KEY is no key, nor keys with commas between them; make one with: "
                'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            )
        return cls([Fernet(key) for key in named])

    def close(self, secret: str) -> str:
        """As it is to be stored."""
        return _MARK + self._first.encrypt(secret.encode()).decode() if self._first else secret

    def open(self, stored: str) -> str:
        """The secret; one that was stored before there was a key stands there as it is.

        Raises:
            SealError: none of the keys is the one that it was encrypted with.
        """
        if not is_closed(stored):
            return stored
        if self._all:
            with suppress(InvalidToken):
                return self._all.decrypt(stored.removeprefix(_MARK)).decode()
        raise SealError("A stored token was encrypted with another key than SHIPDATE_KEY has now; set it back.")

    def renewed(self, stored: str) -> str:
        """The same secret as it would be stored now; it stays as it is where that is with the first key already.

        Raises:
            SealError: as for :meth:`open`.
        """
        if self._first and is_closed(stored):
            with suppress(InvalidToken):
                self._first.decrypt(stored.removeprefix(_MARK))
                return stored
        return self.close(self.open(stored))


def is_closed(stored: str) -> bool:
    """Whether a stored secret is encrypted."""
    return stored.startswith(_MARK)
