"""The exception tree: every error that platematch raises on purpose, with a message meant for its user."""


class PlatematchError(Exception):
    """What was wrong, where, and what to do about it, in one message for the user."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """field: the path of the offending item, as `$.reads[3].plate`; None where no single field is at fault."""
        super().__init__(message)
        self.message = message
        self.field = field


class StartError(PlatematchError):
    """The service or command cannot start: a wrong setting, a port in use, a folder that cannot be written."""


class SettingsError(StartError):
    """A setting is unknown or its value is wrong; the message names it."""


class InvalidInput(PlatematchError):
    """What a client sent cannot be accepted as it is."""


class InvalidPlate(InvalidInput):
    """A text that is no plate: empty after its separators are left out, or too long."""


class InvalidMessage(InvalidInput):
    """A vendor's message that cannot be read; a device would send it again for ever."""


class TooLarge(InvalidInput):
    """More bytes or items than the settings allow; nothing of the request was accepted."""


class UnsupportedType(InvalidInput):
    """The content is of a type that the call does not take."""


class ImportRefused(InvalidInput):
    """A list file that a guard stopped (cut off, sharply smaller); `force` with a reason overrides it."""


class NotFound(PlatematchError):
    """The named thing does not exist, or the caller may not know that it does."""


class Conflict(PlatematchError):
    """The thing exists already, or is in a state that does not allow the call."""


class Unauthenticated(PlatematchError):
    """No key, or one that is unknown, expired or revoked."""


class Forbidden(PlatematchError):
    """The key is good, but its role or scope does not allow the call."""


class StoreUnavailable(PlatematchError):
    """The store cannot take work now (queue full, disk full, database away); the client should come again."""


class RecognitionUnavailable(PlatematchError):
    """A picture that may be good cannot be read here and now (queue full, no OCR engine, too slow); come again."""
