"""What officials should look at; none of it stops the poll. Values, worded for who reads them."""

from __future__ import annotations

from msgspec import Struct

from pbvote_kiosk.language import Words


class Warned(Struct, frozen=True):
    """A warning. `loud` ones are shown on every screen, the others in the officials' menu."""

    @property
    def loud(self) -> bool:
        """Whether voters should call an official."""
        return False

    @property
    def sign(self) -> str:
        """A name for events and tests."""
        return type(self).__name__

    def said(self, _: Words, zone: str) -> str:
        """For officials: what is wrong, and what to do. Times on a clock of `zone`."""
        raise NotImplementedError

    def to_voters(self, _: Words) -> str:
        """For the top of voters' screens; "" if it is nothing to them."""
        return _("Please call an official") if self.loud else ""


class SecondCopyMissing(Warned, frozen=True):
    """The second copy isn't written: `place` is where it should be, `why` what the disk said."""

    place: str
    why: str

    @property
    def loud(self) -> bool:
        return True

    def said(self, _: Words, zone: str) -> str:
        return _(
            "The second copy isn't written. Put the stick for {place} back in; what it lacks is"
            " written to it then. Votes are taken meanwhile. ({why})",
            place=self.place,
            why=self.why,
        )


class SecondCopyForgotten(Warned, frozen=True):
    """There was a second copy once, but the settings name none now."""

    place: str

    @property
    def loud(self) -> bool:
        return True

    def said(self, _: Words, zone: str) -> str:
        return _(
            "There was a second copy at {place}, but kiosk.toml names none any more. Write"
            " `second` there, then restart.",
            place=self.place,
        )


class NoSecondCopy(Warned, frozen=True):
    """No second copy was ever set up."""

    def said(self, _: Words, zone: str) -> str:
        return _(
            "There is no second copy: if this machine breaks, its ballots are lost. Write `second`"
            " into kiosk.toml, then restart."
        )


class ClockOdd(Warned, frozen=True):
    """The clock says `at`, which can't be: `last` was later, or it jumped by `jump` seconds."""

    at: int
    last: int = 0
    jump: int = 0

    def said(self, _: Words, zone: str) -> str:
        if self.last:
            return _(
                "The clock says {now}, but something was written down at {last}. Set the clock;"
                " ballots are safe either way.",
                now=_.moment(self.at, zone),
                last=_.moment(self.last, zone),
            )
        return _(
            "The clock jumped by {seconds} seconds; it says {now} now. Set it right; ballots are"
            " safe either way.",
            seconds=_.number(self.jump),
            now=_.moment(self.at, zone),
        )


class DiskLow(Warned, frozen=True):
    """So many bytes are free on the box's disk."""

    free: int

    def said(self, _: Words, zone: str) -> str:
        return _(
            "Only {n} MB are free on the disk. Make room, or no more ballots can be kept.",
            n=_.number(self.free // 1_000_000),
        )


class NotOpened(Warned, frozen=True):
    """The hours began at `opens`, and the box isn't open."""

    opens: int

    def said(self, _: Words, zone: str) -> str:
        return _("The hours began at {time}. Open the poll.", time=_.moment(self.opens, zone))


class OpenEarly(Warned, frozen=True):
    """The box is open before `opens`."""

    opens: int

    def said(self, _: Words, zone: str) -> str:
        return _(
            "The poll is open, but the hours begin only at {time}.",
            time=_.moment(self.opens, zone),
        )


class HoursOver(Warned, frozen=True):
    """The hours ended at `closes`, and the box is open."""

    closes: int

    def said(self, _: Words, zone: str) -> str:
        return _(
            "The hours ended at {time}. Whoever is in the queue still votes; then close the poll.",
            time=_.moment(self.closes, zone),
        )


class RegistryUnread(Warned, frozen=True):
    """A copy of a registry's log can't be read: what desks told in it isn't known here."""

    what: str
    where: str

    def said(self, _: Words, zone: str) -> str:
        return _(
            "A desk's list can't be read, so a replaced card may not be known here. Bring that"
            " desk's stick again. ({what}; {where})",
            what=_(self.what),
            where=self.where,
        )


class EventsNotKept(Warned, frozen=True):
    """The event log can't be written."""

    why: str

    def said(self, _: Words, zone: str) -> str:
        return _("The event log can't be written. Look at the disk. ({why})", why=self.why)
