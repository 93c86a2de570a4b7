"""A voter's choice ↔ vector ↔ group elements (docs/protocol.md, section 4).

A selection is a vector of integers, one a project in manifest order, each 0…vmax. It is packed
into w blocks of 30 bytes, and each block embedded in a group element.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, assert_never

from msgspec import Meta

from pbvote.core.encoding import MAX_INT, Record
from pbvote.core.errors import SelectionError
from pbvote.core.group import Element, is_element

BLOCK = 30  # bytes
MAX_VMAX = 1000
TRIES = 8191
Vector = tuple[int, ...]
Value = Annotated[int, Meta(ge=0, le=MAX_VMAX)]


class Format(Record, frozen=True, kw_only=True, tag_field="format"):
    """The base of the five ballot formats; `format` is the tag."""


class Approval(Format, frozen=True, kw_only=True, tag="approval"):
    """Tick min…max projects; max = 1 is choose-one."""

    min: Annotated[int, Meta(ge=0, le=MAX_INT)]
    max: Annotated[int, Meta(ge=0, le=MAX_INT)]


class Knapsack(Format, frozen=True, kw_only=True, tag="knapsack"):
    """Tick projects whose cost together is within the budget."""


class Points(Format, frozen=True, kw_only=True, tag="points"):
    """Give points, at most max_each to a project and total in all."""

    total: Annotated[int, Meta(ge=0, le=MAX_INT)]
    max_each: Value


class Ranking(Format, frozen=True, kw_only=True, tag="ranking"):
    """Rank at most max projects: 1 is best, 0 is not ranked."""

    max: Value


class Grades(Format, frozen=True, kw_only=True, tag="grades"):
    """Grade projects: 0 no opinion, 1 worst … levels best."""

    levels: Value


BallotFormat = Approval | Knapsack | Points | Ranking | Grades


def vmax(form: BallotFormat) -> int:
    """The largest number a vector of this format may hold."""
    match form:
        case Approval() | Knapsack():
            return 1
        case Points():
            return form.max_each
        case Ranking():
            return form.max
        case Grades():
            return form.levels
    assert_never(form)


def width(largest: int, projects: int) -> int:
    """How many elements a vector of `projects` numbers 0…largest takes.

    >>> width(1, 240), width(1, 241), width(10, 79)
    (1, 2, 2)
    """
    most: int = (largest + 1) ** projects - 1
    return max(1, -(-most.bit_length() // (8 * BLOCK)))


def check(vector: Sequence[int], form: BallotFormat, costs: Sequence[int], budget: int) -> None:
    """Raise SelectionError unless the vector is valid; all zeros (blank) always is.

    `costs` are the manifest's, one a project, as is `budget`, in the currency's smallest unit.
    """
    if len(vector) != len(costs):
        raise SelectionError(f"{len(vector)} numbers for {len(costs)} projects")
    if any(v < 0 or v > vmax(form) for v in vector):
        raise SelectionError(f"a number outside 0…{vmax(form)}")
    if not any(vector):
        return
    fault = _fault(vector, form, costs, budget)
    if fault:
        raise SelectionError(fault, hint="Change the choice, or leave all blank")


def _fault(
    vector: Sequence[int], form: BallotFormat, costs: Sequence[int], budget: int
) -> str | None:
    match form:
        case Approval():
            chosen = sum(vector)
            if not form.min <= chosen <= form.max:
                return f"{chosen} projects chosen, {form.min} to {form.max} allowed"
        case Knapsack():
            spent = sum(cost for v, cost in zip(vector, costs, strict=True) if v)
            if spent > budget:
                return f"the chosen projects cost {spent}, the budget is {budget}"
        case Points():
            if sum(vector) > form.total:
                return f"{sum(vector)} points given, {form.total} at most"
        case Ranking():
            ranks = sorted(v for v in vector if v)
            if ranks != list(range(1, len(ranks) + 1)):
                return "ranks must be 1, 2, 3, … without a gap, each once"
        case Grades():
            return None
    return None


def pack(vector: Sequence[int], largest: int) -> list[bytes]:
    """The blocks of 30 bytes of a vector of numbers 0…largest."""
    base = largest + 1
    number = 0
    for value in reversed(vector):
        number = number * base + value
    size = BLOCK * width(largest, len(vector))
    data = number.to_bytes(size, "little")
    return [data[i : i + BLOCK] for i in range(0, size, BLOCK)]


def unpack(blocks: Sequence[bytes], largest: int, projects: int) -> Vector:
    """The vector in these blocks; SelectionError if anything is left over."""
    number = int.from_bytes(b"".join(blocks), "little")
    base = largest + 1
    if len(blocks) != width(largest, projects) or number >= base**projects:
        raise SelectionError("the blocks hold more than a vector of this contest")
    vector = []
    for _ in range(projects):
        number, value = divmod(number, base)
        vector.append(value)
    return tuple(vector)


def embed(block: bytes) -> Element:
    """The first valid element [2·(ctr mod 128)] ‖ block ‖ [ctr div 128], ctr = 1, 2, … 8191."""
    for ctr in range(1, TRIES + 1):
        element = bytes([2 * (ctr % 128)]) + block + bytes([ctr // 128])
        if is_element(element):
            return element
    raise SelectionError("a block that no element holds (chance 2^-16000)")


def unembed(element: Element) -> bytes:
    """The block in an element; SelectionError unless embedding it gives the same element."""
    block = element[1:-1]
    if embed(block) != element:
        raise SelectionError("an element that holds no block")
    return block


def to_elements(vector: Sequence[int], largest: int) -> list[Element]:
    """A vector's w elements."""
    return [embed(block) for block in pack(vector, largest)]


def from_elements(elements: Sequence[Element], largest: int, projects: int) -> Vector:
    """The vector in w elements; SelectionError if they hold none."""
    return unpack([unembed(element) for element in elements], largest, projects)
