"""results.json: a published result and what explains it, one value (docs/results.schema.json).

Amounts are in the currency's smallest unit; fractions are texts like `25/2`. Everything is computed
from the audit bundle alone, and the same bundle gives the same bytes.

``{"closing":"6f1e…","contests":[{"id":"town","projects":[{"id":"p01","votes":412,…}],…}],
"currency":"EUR","election":"83a2…",…,"type":"pbvote/results-report/1"}``
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from pbvote.core.encoding import Texts, encode
from pbvote.core.selection import BallotFormat
from pbvote_tally.rules.profile import Reason

Fractional = Annotated[str, Meta(pattern=r"^-?[0-9]+(/[1-9][0-9]*)?\Z")]
"""A whole number or a fraction as a text."""
Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Status = Literal["winner", "not-funded", "withdrawn"]
By = Literal["channel", "box", "district"]
NoAnswer = Literal["impossible", "not-found", "no-search"]
"""`impossible`: no number would have done; `not-found`: the search ended without an answer;
`no-search`: there is none for this rule."""


class Group(Struct, frozen=True, kw_only=True):
    """Some voters: a channel, a box, a district. `names` are several where small ones are merged.

    `title` is its name or place in each language. `roll` (people who may vote) is null where that
    can't be told.
    """

    names: list[str]
    title: Texts
    ballots: int
    roll: int | None


class TurnoutTable(Struct, frozen=True, kw_only=True):
    """The counted ballots by something; `source` says in each language where they come from."""

    by: By
    source: Texts
    groups: list[Group]


class Turnout(Struct, frozen=True, kw_only=True):
    """How many may vote (`roll`; `enrolled` more on the day), and how many ballots count."""

    roll: int
    enrolled: int
    ballots: int
    source: Texts
    tables: list[TurnoutTable]


class Payment(Struct, frozen=True, kw_only=True):
    """So many voters paid this amount each (Equal Shares and its like)."""

    amount: Fractional
    voters: int


class Enough(Struct, frozen=True, kw_only=True):
    """What would have made a project win, the rule run again (docs/rules.md).

    `votes`: so many ballots more that mark it alone, as highly as the format lets. `price`: the
    cost at which it would have won. Null has its reason beside it.
    """

    votes: int | None
    price: int | None
    no_votes: NoAnswer | None = None
    no_price: NoAnswer | None = None


class ProjectReport(Struct, frozen=True, kw_only=True):
    """A project, what became of it and why. `position` is its place in the order chosen, from 1.

    `reason` and `because` are the deciding step's, `left` the money when its turn came (null where
    the rule has none). `cost` is the corrected one. `effective_votes` (Equal Shares) are those at
    each purchase until it is bought, in whole votes: its cost / its price then, 0 where its
    supporters can't pay. `explanation` is plain text in each language.
    """

    id: str
    number: str
    title: Texts
    category: str | Texts | None
    district: str | None
    place: str | Texts | None
    cost: int
    votes: int
    score: Fractional
    status: Status
    position: int | None
    reason: Reason
    because: str
    left: int | None
    effective_votes: list[int]
    payments: list[Payment]
    enough: Enough | None
    explanation: dict[str, str]


class StepReport(Struct, frozen=True, kw_only=True):
    """One decision of the rule, as in the outcome."""

    project: str
    reason: Reason
    phase: str
    because: str
    numbers: dict[str, Fractional]


class TieReport(Struct, frozen=True, kw_only=True):
    """A tie: the projects as they were put in order, the criteria needed, whether it mattered.

    It decided if some of them won and others didn't.
    """

    phase: str
    projects: list[str]
    by: list[str]
    decided: bool


class Comparison(Struct, frozen=True, kw_only=True):
    """The same ballots under another rule with its defaults: not the official result."""

    rule: str
    parameters: dict[str, Any]
    winners: list[str]
    spent: int
    official: bool = False


class DistrictNumbers(Struct, frozen=True, kw_only=True):
    """A district of projects (empty: of none): money for its winners, votes for its projects."""

    district: str
    money: int
    votes: int


class VoterNumbers(Struct, frozen=True, kw_only=True):
    """Of the valid `ballots`, how many have a winner among what they marked; winners a ballot."""

    with_a_winner: int
    ballots: int
    average_winners: Fractional
    districts: list[DistrictNumbers]


class ContestReport(Struct, frozen=True, kw_only=True):
    """A contest. `budget` is the manifest's, `received` what other contests left to it.

    `left` = budget + received − spent; below 0 only where the town's rule lets it overspend.
    `ballots` are all, `blank` and `invalid` among them.
    """

    id: str
    title: Texts
    budget: int
    received: int
    spent: int
    left: int
    ballots: int
    blank: int
    invalid: int
    ballot: BallotFormat
    rule: str
    parameters: dict[str, Any]
    figures: dict[str, Fractional]
    projects: list[ProjectReport]
    steps: list[StepReport]
    ties: list[TieReport]
    comparison: list[Comparison]
    voters: VoterNumbers


class ResultsReport(
    Struct, frozen=True, kw_only=True, tag_field="type", tag="pbvote/results-report/1"
):
    """results.json. `number` is that of the results note: 1, or a correction's."""

    election: Hex
    slug: str
    title: Texts
    currency: str
    languages: list[str]
    closing: Hex
    number: int
    turnout: Turnout
    contests: list[ContestReport]

    def encode(self) -> bytes:
        """The bytes of results.json, in canonical form."""
        return encode(self)
