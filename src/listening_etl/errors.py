"""One tree of exceptions, grouped by what the reader does next: fix, wait, or look at the quarantine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime


class ListeningError(Exception):
    """What happened, where, and what to do about it.

    `where` names the file, line, row or service; `do` is one instruction. Neither ever holds a secret.
    """

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        super().__init__(what)
        self.what, self.where, self.do = what, where, do

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.do}" if self.do else ""
        end = "" if self.what.endswith((".", "?", "!")) else "."
        return f"{place}{self.what}{end}{remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.do))


def _rebuild(kind: type[ListeningError], what: str, where: str | None, do: str | None) -> ListeningError:
    return kind(what, where=where, do=do)


class FixAndRerun(ListeningError):
    """Somebody has to change something; running again without that fails again. Never retried."""


class ConfigError(FixAndRerun):
    """The settings are wrong; the message lists every problem found, one a line."""


class PluginError(FixAndRerun):
    """A plugin is missing, broken, a duplicate, or breaks its contract."""


class CredentialsRejected(FixAndRerun):
    """A platform or server refused the credentials."""


class SourceUnreadable(FixAndRerun):
    """What a source points to cannot be read as a whole: no such file, empty, no header, a missing column."""


class StagingError(FixAndRerun):
    """The staging area cannot be read or written: disk full, no permission, a file gone."""


class ComeBackLater(ListeningError):
    """Something is away for now; the same call may work later. Retried with backoff."""


class SourceUnavailable(ComeBackLater):
    """A platform does not answer, or asks to wait; `retry_at` says until when, if it said so."""

    def __init__(
        self, what: str, *, where: str | None = None, do: str | None = None, retry_at: datetime | None = None
    ) -> None:
        super().__init__(what, where=where, do=do)
        self.retry_at = retry_at

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_unavailable, (type(self), self.what, self.where, self.do, self.retry_at))


def _rebuild_unavailable(
    kind: type[SourceUnavailable], what: str, where: str | None, do: str | None, retry_at: datetime | None
) -> SourceUnavailable:
    return kind(what, where=where, do=do, retry_at=retry_at)


class BudgetSpent(SourceUnavailable):
    """The budget that the settings give a source is used up until `retry_at`: what is left is a gap."""


class WarehouseUnavailable(ComeBackLater):
    """PostgreSQL does not answer."""


class LookAtQuarantine(ListeningError):
    """The data are not what they should be; nothing was published."""


class QualityFailed(LookAtQuarantine):
    """A critical check failed on a staged batch; the message names the check, the rows and the reason."""


class Malformed(ValueError):
    """Raised by `parse` for an item that should be a mention and is not; the item is kept as a reject."""


class NotAMention(Exception):
    """Raised by `parse` for an item that is well-formed but no mention (an advertisement, a header)."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the known word nearest to `word`, or nothing when none is near."""
    import difflib

    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""
