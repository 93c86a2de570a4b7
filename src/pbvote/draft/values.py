"""What people write in a draft or a spreadsheet: amounts of money, and local times.

The protocol knows integers of the smallest unit and UTC only (docs/protocol.md, sections 2, 3).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pbvote.core.currency import minor_digits
from pbvote.core.encoding import MAX_INT, time_text, unix_time
from pbvote.core.errors import InputError

_AMOUNT = re.compile(
    r"([0-9]{1,16}|[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+)(?:[.,]([0-9]+))?", re.ASCII
)

_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def parse_amount(text: str, currency: str) -> int:
    """An amount in the smallest unit; InputError unless it is exact.

    A comma or a point begins the decimals, spaces may part thousands. `1.200` is refused, as
    nobody can know what it means.

    >>> parse_amount("20000.50", "EUR"), parse_amount("20 000", "EUR"), parse_amount("500", "JPY")
    (2000050, 2000000, 500)
    """
    digits = minor_digits(currency)
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise InputError(
            f"{text!r} isn't an amount of money", hint="Write it like 20000 or 20000.50"
        )
    decimals = match[2] or ""
    if len(decimals) > digits:
        raise InputError(
            f"{text!r} has {len(decimals)} decimals, {currency} has {digits}",
            hint="Write no sign between thousands, and no more decimals than there are",
        )
    whole = re.sub("[^0-9]", "", match[1], flags=re.ASCII)
    amount = int(whole + decimals.ljust(digits, "0"))
    if amount > MAX_INT:
        raise InputError(f"{text!r} is more money than can be counted", hint="Correct it")
    return amount


def amount_text(amount: int, currency: str) -> str:
    """An amount as `parse_amount` reads it.

    >>> amount_text(2000050, "EUR"), amount_text(2000000, "EUR"), amount_text(500, "JPY")
    ('20000.50', '20000', '500')
    """
    whole, part = divmod(amount, 10 ** minor_digits(currency))
    return f"{whole}.{part:0{minor_digits(currency)}}" if part else str(whole)


def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; InputError if there is none.

    >>> time_zone("Europe/Brussels").key
    'Europe/Brussels'
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise InputError(
            f"{name!r} isn't a time zone", hint="Write it like Europe/Brussels or Europe/Paris"
        ) from None


def parse_time(value: object, zone: ZoneInfo) -> str:
    """A local time (text, or TOML's own kind) as `YYYY-MM-DDTHH:MM:SSZ`; InputError otherwise.

    With an offset of its own it is taken as it is. An hour that a change of clocks skips or
    repeats needs one.

    >>> parse_time("2026-11-14 09:00", time_zone("Europe/Brussels"))
    '2026-11-14T08:00:00Z'
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        if not isinstance(value, datetime) or value.microsecond:
            raise ValueError
    except ValueError:
        shown = value.isoformat() if isinstance(value, date) else value
        raise InputError(
            f"{shown!r} isn't a time with a day and an hour",
            hint='Write it like "2026-11-14 09:00"',
        ) from None
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
        if value.utcoffset() != value.replace(fold=1).utcoffset():
            raise InputError(
                f"the clocks of {zone.key} change at {value:%Y-%m-%d %H:%M}",
                hint="Take another hour, or write its offset: 2026-10-25T02:30+01:00",
            )
    if not 2000 <= value.year < 2100:
        raise InputError(f"{value.year} can't be the year", hint="Correct it")
    return time_text(int(value.timestamp()))


def local_text(utc: str, zone: ZoneInfo) -> str:
    """A time of the protocol as people of that zone read it; seconds only if there are any.

    >>> local_text("2026-11-14T08:00:00Z", time_zone("Europe/Brussels"))
    '2026-11-14 09:00 CET'
    >>> local_text("2026-07-14T08:00:07Z", time_zone("Europe/Brussels"))
    '2026-07-14 10:00:07 CEST'
    """
    time = datetime.fromtimestamp(unix_time(utc), UTC).astimezone(zone)
    return time.strftime(f"%Y-%m-%d %H:%M{':%S' if time.second else ''} %Z")


def local_times(text: str, zone: ZoneInfo) -> str:
    """A text with the protocol's times in it, each as people of that zone read it.

    >>> local_times("Open since 2026-11-14T08:00:00Z.", time_zone("Europe/Brussels"))
    'Open since 2026-11-14 09:00 CET.'
    """
    return _TIME.sub(lambda found: local_text(found[0], zone), text)
