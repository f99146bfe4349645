"""What others wrote is taken apart in processes of its own, which can be stopped and cannot eat the machine.

A page, a feed or a PDF that was made for it keeps a parser busy for hours, with the interpreter's lock held, so that no timeout of
this process would ever fire; or it unfolds to gigabytes. So whatever reads them (:func:`index.ingestion.sources.feeds.parse`, for one) is
called through :meth:`Sandbox.run`: in a worker that is killed at a deadline, may take so much memory and no more, writes no file and
knows no token of the environment. What a worker answers is read as data of the type that was promised, never as code.
"""

from index.system.sandbox.pool import DEADLINE, Sandbox, SandboxError

__all__ = ["DEADLINE", "Sandbox", "SandboxError"]
