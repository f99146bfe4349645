"""What an article says of itself above its text: front matter between lines of ``---``, in YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from index.model.errors import ArticleError
from index.text.sanitize import storable

_LIMIT = 10_000  # characters: people write some hundreds, and to understand more may take seconds
_BLOCK = re.compile(r"\s*---[^\S\n]*\r?\n(.*?)^---[^\S\n]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_OPENED = re.compile(r"\s*---[^\S\n]*\r?\n\s*\w+:")


def take(text: str) -> tuple[Mapping[str, str], str]:
    """The front matter of a text, by name, and the text after it; what is no text or list of them is left out.

    Raises:
        ArticleError: it cannot be understood (the line is named, or what cannot be).
    """
    if block := _BLOCK.match(text):
        return _values(block.group(1), first_line=text[: block.start(1)].count("\n") + 1), text[block.end() :]
    if _OPENED.match(text):
        raise ArticleError("the front matter that opens with --- on line 1 is never closed; end it with a line of ---.")
    return {}, text


def _values(matter: str, first_line: int) -> dict[str, str]:
    if len(matter) > _LIMIT:
        raise ArticleError(f"the front matter has more than {_LIMIT:,} characters; shorten it.")
    try:
        said = yaml.load(matter, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = first_line + (error.problem_mark.line if error.problem_mark else 0)
        raise ArticleError(f"the front matter is broken on line {line} ({error.problem or 'not YAML'}); mend that line.") from None
    except yaml.YAMLError:
        raise ArticleError("the front matter holds characters that YAML does not allow; remove them.") from None
    except RecursionError:
        raise ArticleError(f"the front matter on line {first_line} is nested too deeply; write `name: value` lines.") from None
    if said in (None, ""):
        return {}
    if not isinstance(said, dict):
        raise ArticleError(f"the front matter on line {first_line} is not a list of `name: value` lines.")
    return {str(name): storable(value).strip() for name, value in said.items() if isinstance(value, str) and value.strip()}
