"""What comes of asking a web server. Apart from what asks it, so that a question need not load a web client."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.model.errors import ArticleError


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server sent.

    Attributes:
        url: its address after all redirects.
        kind: its media type, in lower case, such as ``text/html``; empty when the server names none.
        charset: the encoding that the server names.
        content: unpacked.
        etag, modified: by which the server can be asked whether it has changed.
    """

    url: str
    kind: str
    charset: str | None
    content: bytes = field(repr=False)
    etag: str | None = None
    modified: str | None = None


class FetchError(ArticleError):
    """Nothing can be had at an address; the text begins with it.

    Attributes:
        retry_after: for how many seconds the server asks to be left alone, if it does.
    """

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after
