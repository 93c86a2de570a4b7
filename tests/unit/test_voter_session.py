"""A voter's session: only what the box decides, in order, and nothing left at the end."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Mapping
from typing import get_args

import pytest

from box_builder import entries, make_box, make_code, make_voter
from election_builder import BuiltElection, build_election
from pbvote.box import Box
from pbvote.core.admission import Reason
from pbvote.core.ballot import BoxEntry, Cast, Challenge
from pbvote.core.card import card_text, typed_code
from pbvote.core.encoding import decode
from pbvote.core.errors import BallotRefused, RefusedError, StorageError
from pbvote.receipts import opened
from pbvote.store.memory import MemoryStore
from pbvote_kiosk.ballot.choice import ApprovalChoice, PointsChoice
from pbvote_kiosk.voter.entry import objection, scanned_card, typed_card
from pbvote_kiosk.voter.session import Session, TryOut
from pbvote_kiosk.voter.trouble import Trouble, not_now, trouble_of

BOX = "kiosk-1"


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election()


@pytest.fixture
def box(built: BuiltElection) -> Box:
    return make_box(built, BOX)


def session_of(built: BuiltElection, box: Box, person: int = 0) -> Session:
    return Session(box, make_voter(built, person, channel="in-person"))


def choose(session: Session | TryOut) -> None:
    """The first project of the town, and 3 points in the quarter."""
    city, quarter = session.choices
    assert isinstance(city, ApprovalChoice)
    assert isinstance(quarter, PointsChoice)
    assert city.toggle(0) is None
    assert quarter.give(1, 3) is None


def logged(box: Box) -> list[BoxEntry]:
    return [decode(data, BoxEntry) for data in entries(box)]


def test_a_card_sees_its_district_in_its_own_order(built: BuiltElection, box: Box) -> None:
    nord, sud = session_of(built, box, 0), session_of(built, box, 1)
    assert [contest.id for contest in nord.contests] == ["city", "quarter"]
    assert [contest.id for contest in sud.contests] == ["city"]
    orders = []
    for person in range(10):
        session = session_of(built, box, person)
        order = session.order(session.contests[0])
        assert order == session_of(built, box, person).order(session.contests[0])
        assert sorted(order) == list(range(5))
        orders.append(tuple(order))
    assert len(set(orders)) > 5


def test_what_is_cast_is_what_was_shown(built: BuiltElection, box: Box) -> None:
    session = session_of(built, box)
    choose(session)
    tracker = session.seal()
    assert session.standing() == []
    signed = session.cast()
    assert signed.receipt.tracker == tracker
    assert session.cast() == signed
    assert session.standing() == [signed]
    assert [type(entry) for entry in logged(box)][1:] == [Cast]


def test_a_new_seal_drops_the_one_before(built: BuiltElection, box: Box) -> None:
    session = session_of(built, box)
    first = session.seal()
    choose(session)
    second = session.seal()
    assert first != second
    assert session.cast().receipt.tracker == second
    assert len(logged(box)) == 2


def test_a_challenge_opens_what_was_chosen_and_then_one_votes(
    built: BuiltElection, box: Box
) -> None:
    session = session_of(built, box)
    choose(session)
    session.seal()
    signed, challenge = session.challenge()
    selections = [part.selection for part in opened(challenge, built.election)]
    assert selections == [(1, 0, 0, 0, 0), (0, 3, 0)]
    assert session.challenge() == (signed, challenge)
    with pytest.raises(RefusedError):
        session.cast()
    fresh = session.again()
    assert all(choice.is_blank for choice in fresh.choices)
    assert fresh.standing() == []
    fresh.seal()
    fresh.cast()
    assert [type(entry) for entry in logged(box)][1:] == [Challenge, Cast]


def test_nothing_is_cast_before_it_is_sealed(built: BuiltElection, box: Box) -> None:
    session = session_of(built, box)
    with pytest.raises(RefusedError):
        session.cast()
    with pytest.raises(RefusedError):
        session.challenge()
    assert len(logged(box)) == 1


class FailingStore(MemoryStore):
    """Fails once when told to, before or after it kept the entry."""

    fails = ""

    def commit(
        self, entries: Iterable[bytes], checkpoint: bytes, private: Mapping[bytes, bytes]
    ) -> None:
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise StorageError("no room")
        super().commit(entries, checkpoint, private)
        if fails == "after":
            raise StorageError("the disk didn't answer")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("use", ["cast", "challenge"])
def test_a_failed_disk_is_asked_again_with_the_same_ballot(
    built: BuiltElection, moment: str, use: str
) -> None:
    store = FailingStore()
    box = make_box(built, BOX, store=store)
    session = session_of(built, box)
    tracker = session.seal()
    store.fails = moment
    send = session.cast if use == "cast" else lambda: session.challenge()[0]
    with pytest.raises(StorageError) as caught:
        send()
    assert trouble_of(caught.value) is Trouble.DISK
    assert send().receipt.tracker == tracker
    assert len(logged(box)) == 2


def test_forgetting_leaves_nothing_behind(built: BuiltElection, box: Box) -> None:
    session = session_of(built, box)
    choose(session)
    session.seal()
    prepared, voter, choice = session._prepared, session.voter, session.choices[0]
    refs = [weakref.ref(part) for part in (prepared, voter, choice, session)]
    del prepared, voter, choice
    session.forget()
    with pytest.raises(RefusedError):
        _ = session.voter
    gc.collect()
    assert [ref() is None for ref in refs[:3]] == [True, True, True]
    del session
    assert refs[3]() is None


def test_whether_a_second_ballot_replaces_the_first(built: BuiltElection, box: Box) -> None:
    assert session_of(built, box).may_replace
    first = build_election(supersede="first")
    assert not session_of(first, make_box(first, BOX)).may_replace


def test_a_try_out_has_no_box(built: BuiltElection) -> None:
    trial = TryOut(built.election)
    assert [contest.id for contest in trial.contests] == ["city", "quarter"]
    choose(trial)
    assert trial.seal() != trial.seal()
    assert [part.selection for part in trial.opening()] == [(1, 0, 0, 0, 0), (0, 3, 0)]


# --- cards --------------------------------------------------------------------------------------


def text_of(built: BuiltElection, person: int = 0) -> str:
    voter = make_voter(built, person, channel="in-person")
    return card_text(make_code(1000 + person), voter.certificate, person % 2, 0)


def test_what_a_scanned_text_is(built: BuiltElection) -> None:
    election, card = built.election, text_of(built)
    voter = scanned_card(election, card)
    assert not isinstance(voter, Trouble)
    assert voter.certificate == make_voter(built, 0, channel="in-person").certificate
    assert scanned_card(election, f"HTTPS://VOTE.EXAMPLE#{card}") == voter
    assert scanned_card(election, "4006381333931") is Trouble.NOT_A_CARD
    assert scanned_card(election, card[:90]) is Trouble.CUT
    assert scanned_card(build_election("other", seed=2).election, card) is Trouble.OTHER_ELECTION


def test_what_a_typed_code_is(built: BuiltElection) -> None:
    election, code = built.election, typed_code(make_code(1000))
    right = make_voter(built, 0, channel="in-person")
    certificates = {right.certificate.key: right.certificate}
    assert typed_card(election, code.lower(), certificates.get) == right
    assert typed_card(election, code, lambda key: None) is Trouble.UNKNOWN_CODE
    wrong = code[:3] + ("A" if code[3] != "A" else "B") + code[4:]
    assert typed_card(election, wrong, certificates.get) is Trouble.MISTYPED


class Registry:
    """What is known of cards."""

    def __init__(self, *, logged: bool = True, revoked: bool = False, on_roll: bool = True) -> None:
        self._logged, self._revoked, self._on_roll = logged, revoked, on_roll

    def is_logged(self, certificate: object) -> bool:
        return self._logged

    def is_revoked(self, certificate: object) -> bool:
        return self._revoked

    def is_on_roll(self, certificate: object) -> bool:
        return self._on_roll


def test_what_stands_against_a_card(built: BuiltElection, box: Box) -> None:
    voter = make_voter(built, 0, channel="in-person")
    assert objection(box, voter) is None
    assert objection(box, make_voter(built, 0, channel="online")) is Trouble.POSTED
    for register, trouble in (
        (Registry(revoked=True), Trouble.REVOKED),
        (Registry(logged=False), Trouble.NOT_RIGHT),
        (Registry(on_roll=False), Trouble.NOT_RIGHT),
    ):
        box.register = register
        assert objection(box, voter) is trouble


def test_every_refusal_of_a_box_has_its_own_words() -> None:
    for reason in get_args(Reason):
        trouble = trouble_of(BallotRefused(reason, "what a box says"))
        assert trouble.title
        assert trouble.advice
    assert trouble_of(BallotRefused("revoked", "")) is Trouble.REVOKED
    assert trouble_of(RefusedError("the box was closed")) is Trouble.REFUSED
    assert [not_now(state) for state in ("new", "open", "paused", "closed")] == [
        Trouble.NOT_OPEN,
        None,
        Trouble.PAUSED,
        Trouble.CLOSED,
    ]
