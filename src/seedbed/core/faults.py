"""What can be wrong with one picture, video or sound, told by someone who does not know where it stood in a request.

Fetching, probing and decoding raise `MediaFault`. Whoever knows the name and the host turns it into one of the
`MediaFailure` classes (`at`), and the upload endpoint into a refusal: nothing below them has to know either.
"""

from __future__ import annotations

from enum import StrEnum

from seedbed.core.errors import (
    MediaFailure,
    MediaForbidden,
    MediaInvalid,
    MediaTooLarge,
    MediaUnreachable,
    MediaUnsupported,
)


class Fault(StrEnum):
    """The kinds of fault. The values are the codes of the contract, section 1.8."""

    UNREACHABLE = "media_unreachable"
    FORBIDDEN = "media_forbidden"
    TOO_LARGE = "media_too_large"
    UNSUPPORTED = "media_unsupported"
    INVALID = "media_invalid"


FAILURES: dict[Fault, type[MediaFailure]] = {
    Fault.UNREACHABLE: MediaUnreachable,
    Fault.FORBIDDEN: MediaForbidden,
    Fault.TOO_LARGE: MediaTooLarge,
    Fault.UNSUPPORTED: MediaUnsupported,
    Fault.INVALID: MediaInvalid,
}


class MediaFault(Exception):
    """One medium cannot be used. `reason` is a sentence for a person and never holds a URL's path or query."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason

    def at(self, name: str, *, host: str | None = None) -> MediaFailure:
        """Return the same fault as the end of a job. `name` is the reference's, such as `mediaUrls[0]`."""
        return FAILURES[self.fault](self.reason, name=name, host=host)
