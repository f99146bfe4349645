"""What ``shipdate doctor`` looks at for Slack."""

from __future__ import annotations

from bot.service.encryption import Seal, SealError
from bot.settings import Settings
from index import DATABASE_FILE, Check, DataError, Health


def stored_tokens(settings: Settings) -> Check:
    """Whether whoever gets hold of the database, or of a backup, can use the tokens of workspaces."""
    try:
        seal = Seal.of(settings.shipdate_key)
    except SealError as error:
        return Check("stored tokens", Health.ERROR, str(error), "Mend SHIPDATE_KEY, or leave it empty.")
    if not (settings.data / DATABASE_FILE).is_file():
        return Check("stored tokens", Health.OK, "none")
    from bot.on_slack.installations import at_rest

    try:
        stored = at_rest(settings.data, seal)
    except DataError as error:
        return Check("stored tokens", Health.WARNING, f"cannot be looked at: {error}")
    if stored.lost:
        advice = "Set SHIPDATE_KEY to the key of before; where it is lost, have those workspaces install the app again."
        return Check("stored tokens", Health.ERROR, f"{stored.lost} are encrypted with another key than SHIPDATE_KEY", advice)
    if stored.plain:
        advice = "The next `shipdate serve` encrypts them." if settings.shipdate_key else "Set SHIPDATE_KEY, and they are encrypted."
        return Check("stored tokens", Health.WARNING, f"{stored.plain} stand in the database as they are", advice)
    return Check("stored tokens", Health.OK, f"{stored.sealed}, encrypted" if stored.sealed else "none")
