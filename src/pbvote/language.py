"""What people read: four languages through gettext, amounts and times as each writes them.

A message is its English text. `_("Scan your card")` translates it, `_.many(one, more, n)` counts,
`N_` marks one that is only named here and translated where it is shown. Each package that has
words has a `language` module with its own `Words`, whose catalogues lie in
`locale/<language>/LC_MESSAGES/<domain>.po`, a domain a folder of the package; `make words`
gathers and compiles them.
"""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import get_currency_precision

from pbvote.core.errors import PbvoteError
from pbvote.words import harmless

LANGUAGES: Mapping[str, str] = {
    "fr": "Français",
    "nl": "Nederlands",
    "de": "Deutsch",
    "en": "English",
}
_LOCALES = {"fr": "fr_BE", "nl": "nl_BE", "de": "de_BE", "en": "en_GB"}
_NARROW = str.maketrans({"\u202f": "\u00a0"})  # a console's font lacks the narrow space


class Catalogues(NamedTuple):
    """A package's catalogues: the folder they lie in, and the folders whose messages they hold."""

    locale: Path
    domains: tuple[str, ...]


SHARED = Catalogues(Path(__file__).parent / "locale", ("paper",))
"""What `pbvote` itself says, in every package's words."""


def N_(message: str) -> str:
    """Mark a message that is translated where it is shown."""
    return message


class Words:
    """The words of one language; calling it translates a message and fills in its values."""

    catalogues: ClassVar[tuple[Catalogues, ...]] = (SHARED,)

    def __init__(self, language: str, default: str = "en") -> None:
        """`default` is the election's own first language, for texts that lack this one."""
        self.language = language
        self._default = default
        self._catalogue = _catalogue(language, self.catalogues)
        self._locale = Locale.parse(_LOCALES[language])

    def __call__(self, message: str, /, **values: object) -> str:
        text = self._catalogue.gettext(message) if message else ""
        return text.format(**values) if values else text

    def many(self, one: str, more: str, number: int, /, **values: object) -> str:
        """A message about a number, which `{n}` stands for.

        >>> Words("en").many("{n} point left", "{n} points left", 1)
        '1 point left'
        """
        text = self._catalogue.ngettext(one, more, number)
        return text.format(n=self.number(number), **values)

    def error(self, error: PbvoteError) -> str:
        """One of our errors: what and what to do, translated as far as a catalogue has them."""
        parts = (self(error.what), self(error.hint))
        return harmless(" ".join(f"{part.rstrip('.')}." for part in parts if part))

    def text(self, texts: str | Mapping[str, str]) -> str:
        """A text of the election in this language, or in the election's own."""
        if isinstance(texts, str):
            return harmless(texts)
        for language in (self.language, self._default):
            if language in texts:
                return harmless(texts[language])
        return harmless(next(iter(texts.values()), ""))

    def number(self, number: int) -> str:
        """A whole number, its thousands apart.

        >>> Words("en").number(12345), Words("de").number(12345)
        ('12,345', '12.345')
        """
        return _plain(self._locale.decimal_formats[None].apply(number, self._locale))

    def amount(self, amount: int, currency: str) -> str:
        """Money in the currency's smallest unit; whole amounts without decimals.

        >>> Words("en").amount(2_000_000, "EUR"), Words("nl").amount(125_050, "EUR")
        ('€20,000', '€\\xa01.250,50')
        """
        digits = get_currency_precision(currency)
        value = Decimal(amount).scaleb(-digits)
        shown = 0 if value == value.to_integral_value() else digits
        pattern = copy(self._locale.currency_formats["standard"])
        pattern.frac_prec = (shown, shown)
        text = pattern.apply(value, self._locale, currency=currency, currency_digits=False)
        return _plain(text)

    def decimal(self, number: Fraction | int, digits: int = 1) -> str:
        """A number to so many digits after the point, half a digit up.

        >>> Words("en").decimal(Fraction(2, 3), 2), Words("fr").decimal(Fraction(5, 2))
        ('0.67', '2,5')
        """
        scaled = int(Fraction(number) * 10**digits + Fraction(1, 2))
        pattern = copy(self._locale.decimal_formats[None])
        pattern.frac_prec = (digits, digits)
        return _plain(pattern.apply(Decimal(scaled).scaleb(-digits), self._locale))

    def percent(self, part: int, whole: int) -> str:
        """A share in percent to one digit; of nothing it is nothing.

        >>> Words("en").percent(1, 3), Words("de").percent(0, 0)
        ('33.3%', '0,0\\xa0%')
        """
        share = Fraction(100 * part, whole) if whole else Fraction(0)
        sign = "%" if self.language in ("en", "nl") else "\u00a0%"
        return self.decimal(share) + sign

    def moment(self, at: int, zone: str) -> str:
        """A date and a time on a clock of that zone; `at` in seconds since 1970."""
        return _plain(format_datetime(_local(at, zone), "short", locale=self._locale))

    def date(self, at: int, zone: str) -> str:
        """A date in words, like "Sunday, 22 November 2026"."""
        return _plain(format_date(_local(at, zone).date(), "full", locale=self._locale))

    def day(self, at: int, zone: str) -> str:
        """A date as it stands in a list, like "22 Nov 2026"."""
        return _plain(format_date(_local(at, zone).date(), "medium", locale=self._locale))

    def hour(self, at: int, zone: str) -> str:
        """A time of day."""
        return _plain(format_time(_local(at, zone), "short", locale=self._locale))


def _local(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _plain(text: str) -> str:
    return text.translate(_NARROW)


@cache
def _catalogue(language: str, catalogues: tuple[Catalogues, ...]) -> gettext.NullTranslations:
    """Every domain of a language, as one; English needs none."""
    joined = gettext.NullTranslations()
    if language == "en":
        return joined
    for locale, domains in catalogues:
        for domain in domains:
            found = gettext.translation(domain, locale, [language], fallback=True)
            found.add_fallback(joined)
            joined = found
    return joined
