"""A rule's parameters: a frozen Struct a rule, read strictly from a manifest or a command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from pbvote.core.encoding import Count
from pbvote.core.errors import InputError

MONEY: dict[str, bool] = {"money": True}
"""In the Meta of a parameter that is an amount: with a `.pb` file it is in the file's amounts."""


class Parameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule has. A project below either minimum can't win."""

    min_votes: Count = 1
    min_score: Count = 0


P = TypeVar("P", bound=Parameters)


def decode(kind: type[P], given: Mapping[str, Any], rule: str, *, texts: bool = False) -> P:
    """The parameters in a manifest's `rule` (or, as `texts`, after `--set`); InputError otherwise.

    >>> decode(Parameters, {"min_votes": 3}, "greedy").min_votes
    3
    """
    for name in given:
        if name not in names(kind):
            raise InputError(
                f"the rule {rule} has no parameter {name!r}",
                hint=f"It has: {', '.join(map(str, names(kind)))}",
            )
    try:
        return msgspec.convert(dict(given), kind, strict=not texts)
    except msgspec.ValidationError as error:
        raise InputError(
            f"a parameter of the rule {rule} is wrong: {error}",
            hint=f"Allowed: {'; '.join(f'{n}={v}' for n, v in names(kind).items())}",
        ) from None


def names(kind: type[Parameters]) -> dict[str, str]:
    """The parameters' names and what each may be, for messages and help."""
    hints = get_type_hints(kind)
    return {f.encode_name: _allowed(hints[f.name]) for f in msgspec.structs.fields(kind)}


def _allowed(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "/".join(map(str, get_args(hint)))
    if hint is str:
        return "a share like 4/5"
    return "yes/no" if hint is bool else "a whole number ≥ 0"


def is_money(kind: type[Parameters], name: str) -> bool:
    """Whether a parameter (by its Struct name) is an amount of money."""
    hint = get_type_hints(kind, include_extras=True)[name]
    return get_origin(hint) is Annotated and any(
        isinstance(part, Meta) and part.extra == MONEY for part in hint.__metadata__
    )
