"""What people are told when something goes wrong: one sentence; the log has the rest."""

from __future__ import annotations

import structlog
from cachetools import TTLCache
from slack_sdk.errors import SlackApiError

from bot.on_slack import render
from bot.on_slack.callers import Callers
from bot.on_slack.send import Talk, is_uncertain, refusal
from bot.server import logs
from bot.service.rate_limits import TooManyQuestionsError
from bot.wording import Wording, later
from index import ShipdateError

_REMEMBERED = 10_000  # people
_WINDOW = 60.0  # seconds in which somebody is told once that they do too much, where they wait for no answer

log = structlog.get_logger(__name__)

_REFUSALS = {
    "not_in_channel": later("I am not in that channel; invite me there first: /invite @Shipdate"),
    "channel_not_found": later("I cannot see that channel; invite me there first: /invite @Shipdate"),
    "is_archived": later("That channel is archived, so nothing can be posted there."),
    "restricted_action": later("This workspace does not let me post there; its admins can change that."),
}
_UNCERTAIN = later("The connection to Slack failed while I wrote to it; if you miss something here, ask again.")
_UNFORESEEN = later("Something went wrong, which is a mistake of ours; tell an admin this reference: {reference}")


class UsageError(ShipdateError):
    """A command was not written as it should be; the text says how."""


def sentence(error: Exception, words: Wording) -> str:
    """What a person is told; what nobody foresaw is logged under the reference that they are given."""
    if isinstance(error, ShipdateError):
        return words.error(error)
    if isinstance(error, SlackApiError) and refusal(error) in _REFUSALS:
        return words.say(_REFUSALS[refusal(error)])
    if is_uncertain(error):
        log.warning("it is not known whether Slack has done what it was told", problem=type(error).__name__)
        return words.say(_UNCERTAIN)
    return words.say(_UNFORESEEN, reference=logs.report("a listener of Slack failed", error))


class Errors:
    """The one place where errors become sentences."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._told: TTLCache[tuple[str, str], bool, float] = TTLCache(_REMEMBERED, _WINDOW)

    async def tell(self, talk: Talk, error: Exception) -> None:
        """Tell whoever caused an error, privately and in their language.

        That they do too much, those who wait for no answer (who write, or look at the home tab) are told only once in a while.
        """
        if isinstance(error, TooManyQuestionsError) and not talk.awaited:
            if (talk.team, talk.user) in self._told:
                return
            self._told[talk.team, talk.user] = True
        try:
            text = sentence(error, await self._callers.words(await self._callers.caller(talk)))
            await talk.privately(lambda _: render.said(text))
        except SlackApiError as refused:  # nobody can be told
            log.warning("Slack refuses even the sentence that says what is wrong", problem=refusal(refused))
        except Exception as unforeseen:
            logs.report("an error could not be told", unforeseen)
