"""TOML files that officials write: each field read by itself, so that all wrong ones are found."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from pbvote.core.encoding import NAME_HINT, NAME_PATTERN, nfc
from pbvote.core.errors import InputError
from pbvote.files import read_bytes


def read_toml(path: Path) -> dict[str, Any]:
    """The file as TOML has it, all text NFC; InputError with the line if it isn't TOML."""
    try:
        raw = tomllib.loads(read_bytes(path).decode("utf-8-sig"))
        return {name: _nfc(part) for name, part in raw.items()}
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 (at byte {error.start})", where=str(path), hint="Save it as UTF-8"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"not TOML: {error}", where=str(path), hint="Texts stand in quotes; look at that line"
        ) from None


def _nfc(value: Any) -> Any:
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, dict):
        return {nfc(key): _nfc(part) for key, part in value.items()}
    return [_nfc(part) for part in value] if isinstance(value, list) else value


class Table(Struct, kw_only=True):
    """The base of the tables of a file. An absent field is None."""


TableT = TypeVar("TableT", bound=Table)
_WORDS = (
    (f"`str` matching regex {NAME_PATTERN!r}", "a name"),
    ("`str` matching regex '^[A-Z]{3}\\\\Z'", "an ISO 4217 code like EUR"),
    ("`str` matching regex '^[A-Z0-9.:/-]+\\\\Z'", "an address in capitals like HTTPS://VOTE.BE"),
    ("Expected `int | str`, got `float`", "An amount with a point stands in quotes"),
    ("`array`", "a list"),
    ("`object`", "a table"),
    ("`str`", "a text"),
    ("`int`", "a whole number"),
    ("`float`", "a number with a point"),
    ("`bool`", "true or false"),
)


class Tables:
    """What is wrong in a file, noted while its tables are read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.errors: list[InputError] = []

    def wrong(self, what: str, place: str, hint: str = "Correct it") -> None:
        """Note what is wrong at a place like `contests.city.budget`."""
        where = f"{self.path}, {place}" if place else str(self.path)
        self.errors.append(InputError(what, where=where, hint=hint))

    def table(self, kind: type[TableT], raw: Any, place: str) -> TableT | None:
        """A table's fields, each converted by itself so that all wrong ones are found."""
        if not isinstance(raw, dict):
            self.wrong("a table is expected here", place, "Look at the example of `pbvote new`")
            return None
        known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        count, values = len(self.errors), dict[str, Any]()
        for name in raw.keys() - known.keys():
            self.wrong(f"{name!r} isn't known here", place, f"Known: {', '.join(known)}")
        for name, field in known.items():
            if name in raw:
                with suppress(msgspec.ValidationError):
                    values[field.name] = self.convert(raw[name], field.type, join(place, name))
            elif field.required:
                self.wrong(f"{name} is missing", place, "Add it")
        return kind(**values) if len(self.errors) == count else None

    def convert(self, value: Any, kind: Any, place: str) -> Any:
        """A value of that type; what is wrong is noted, and the ValidationError goes on."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            what, _, inner = str(error).partition(" - at `$")
            for technical, word in _WORDS:
                what = what.replace(technical, word)
            hint = NAME_HINT if "a name" in what else "Correct it"
            self.wrong(what, place + inner.removesuffix("`").replace("[...]", ""), hint)
            raise


def is_clean(text: str) -> bool:
    """Whether every sign can be shown, and none stands for one that was lost."""
    return all(char.isprintable() and char != "\N{REPLACEMENT CHARACTER}" for char in text)


def join(place: str, name: str) -> str:
    """The place of a field in a table."""
    return f"{place}.{name}" if place else name
