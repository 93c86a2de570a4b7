"""The closing's reconciliation, case by case."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from desk_builder import OFFICIALS, make_desks
from pbvote.registry.ballots import BoxAtHand
from pbvote.registry.reconciliation import (
    DeskDay,
    Difference,
    OwnDay,
    Reconciliation,
    reconcile,
)

A, B, C, D = (bytes([n]) * 32 for n in range(4))
OWN = OwnDay("mairie", people=3, handed=(A, B, C), unsigned=0, struck=0, helped=1)
DESK = DeskDay("mairie", frozenset((A, B, C)), frozenset(), closed=True)
KIOSK = BoxAtHand("kiosk-1", "in-person", cast=2, challenged=1, used=2, closed=True)
USED = {A: ["kiosk-1"], B: ["kiosk-1"]}


def reconciled(
    own: OwnDay = OWN,
    desks: tuple[DeskDay, ...] = (DESK,),
    boxes: tuple[BoxAtHand, ...] = (KIOSK,),
    used: dict[bytes, list[str]] = USED,
    twice: int = 0,
) -> Reconciliation:
    return reconcile(own, desks, boxes, used, twice, registrars=["mairie"], kiosks=["kiosk-1"])


def test_a_day_that_fits() -> None:
    day = reconciled()
    assert day.fits and day.differences == ()
    assert (day.people, day.handed_out, day.used, day.taken_back, day.not_used) == (3, 3, 2, 0, 1)
    assert (day.cast, day.again, day.challenged, day.helped) == (2, 0, 1, 1)


def test_replaced_ballots_are_no_difference() -> None:
    day = reconciled(boxes=(replace(KIOSK, cast=5),))
    assert day.fits and (day.cast, day.again) == (5, 3)


def test_cards_taken_back_are_counted() -> None:
    day = reconciled(desks=(replace(DESK, revoked=frozenset([C])),))
    assert day.fits and (day.taken_back, day.not_used) == (1, 0)


@pytest.mark.parametrize(
    ("day", "difference"),
    [
        (reconciled(boxes=(), used={}), Difference("box-missing", 1, ("kiosk-1",))),
        (
            reconciled(boxes=(replace(KIOSK, closed=False),)),
            Difference("box-open", 1, ("kiosk-1",)),
        ),
        (
            reconciled(desks=(replace(DESK, closed=False),)),
            Difference("desk-open", 1, ("mairie",)),
        ),
        (
            reconciled(own=replace(OWN, handed=(A, B, C, None))),
            Difference("no-card", 1, ("mairie",)),
        ),
        (reconciled(own=replace(OWN, handed=(A, B))), Difference("unclaimed", 1, ("mairie",))),
        (reconciled(own=replace(OWN, taken_back=1)), Difference("taken-back", 1, ("mairie",))),
        (reconciled(own=replace(OWN, still_active=1)), Difference("still-active", 1, ("mairie",))),
        (reconciled(own=replace(OWN, not_on_roll=1)), Difference("not-on-roll", 1, ("mairie",))),
        (reconciled(twice=2), Difference("twice", 2, ("mairie",))),
        (
            reconciled(used={**USED, D: ["kiosk-1"]}),
            Difference("unknown-card", 1, ("kiosk-1",)),
        ),
        (
            reconciled(desks=(replace(DESK, revoked=frozenset([A])),)),
            Difference("revoked-card", 1, ("kiosk-1",)),
        ),
        (
            reconciled(used={A: ["kiosk-1", "kiosk-2"], B: ["kiosk-1"]}),
            Difference("several-boxes", 1, ("kiosk-1", "kiosk-2")),
        ),
        (reconciled(own=replace(OWN, unsigned=2)), Difference("not-signed", 2, ("mairie",))),
    ],
)
def test_each_difference_alone(day: Reconciliation, difference: Difference) -> None:
    assert day.differences == (difference,)
    assert day.handed_out == day.used + day.taken_back + day.not_used


def test_a_desk_whose_log_is_not_on_hand() -> None:
    day = reconcile(
        OWN, [DESK], [KIOSK], USED, 0, registrars=["mairie", "desk-1"], kiosks=["kiosk-1"]
    )
    assert day.differences == (Difference("desk-missing", 1, ("desk-1",)),)


def test_a_real_day(tmp_path: Path) -> None:
    desks = make_desks(tmp_path)
    folder = desks.folders["mairie"]
    with desks.open() as desk:
        cards = [desk.hand_out(person, copy=desks.copier()) for person in ("0", "1", "2", "3")]
        desk.undo("3", officials=OFFICIALS, why="left")
        for line in desk.roll.attendance.all():
            desk.roll.attendance.sign(line.number, line.person != "2")
        desks.vote(cards[0])
        desks.vote(cards[0])
        desks.vote(cards[1], "kiosk-2")
        desk._ballots.refresh(folder)
        day = desk.reconcile()
        assert (day.people, day.handed_out, day.used, day.taken_back, day.not_used) == (
            3,
            4,
            2,
            1,
            1,
        )
        assert (day.cast, day.again, day.struck) == (3, 1, 1)
        assert {d.what: d.where for d in day.differences} == {
            "box-open": ("kiosk-1", "kiosk-2"),
            "desk-missing": ("desk-1",),
            "desk-open": ("mairie",),
            "not-signed": ("mairie",),
        }
        for name in ("kiosk-1", "kiosk-2"):
            with desks.box(name) as box:
                box.close_poll()
        desk.close()
        desk._ballots.refresh(folder)
        assert {d.what for d in desk.reconcile().differences} == {"desk-missing", "not-signed"}
