"""What a workspace may set for itself; kept as name and value in the index's ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index import ShipdateError

_Name = Annotated[str, Field(min_length=1, max_length=100)]
_Names = Annotated[tuple[_Name, ...], Field(max_length=200)]

_SHOWN = 60  # characters of what cannot be


class WorkspaceSettingsError(ShipdateError):
    """A workspace's setting is not known, or cannot be what it is to be set to."""


class WorkspaceSettings(BaseModel):
    """One workspace's settings.

    Attributes:
        unprompted_channels: the ids of the channels where questions are answered without being addressed to Shipdate.
        private_replies: whether only the asker sees an answer, where the platform can do that.
        language: of the wording, ISO 639-1; None: each question's own.
        log_questions: whether questions are kept, for as long as the installation's settings say.
        admins: the ids of those who administer Shipdate here, beside those whom the platform calls admins.
        admin_role: the id of a role or group whose members do, too.
        guests_see_private: whether guests and members of other workspaces see what is this one's own, too, where they meet it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unprompted_channels: _Names = ()
    private_replies: bool = False
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None
    log_questions: bool = False
    admins: _Names = ()
    admin_role: _Name | None = None
    guests_see_private: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> WorkspaceSettings:
        """From what is stored; names that another version of Shipdate knows are left alone."""
        return cls.model_validate({name: value for name, value in stored.items() if name in cls.model_fields})

    def changed(self, changes: Mapping[str, object]) -> WorkspaceSettings:
        """With these changes.

        Raises:
            WorkspaceSettingsError: one of them is no setting, or cannot have that value.
        """
        try:
            return WorkspaceSettings.model_validate(self.model_dump() | dict(changes))
        except ValidationError as error:
            first = error.errors()[0]
            name, value = str(first["loc"][0])[:_SHOWN], repr(first["input"])[:_SHOWN]
            if name not in WorkspaceSettings.model_fields:
                known = ", ".join(WorkspaceSettings.model_fields)
                raise WorkspaceSettingsError(f"There is no setting “{name}”; there are {known}.") from None
            said = first["msg"][:1].lower() + first["msg"][1:]
            raise WorkspaceSettingsError(f"The setting “{name}” cannot be {value}: {said}.") from None
