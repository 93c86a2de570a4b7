"""The power goes after the log's commit and before the roll's: it is named, and can be finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from desk_builder import OFFICIALS, Desks, copy_desks, make_desks
from pbvote.registry import Desk
from pbvote.registry.reconciliation import What
from pbvote.registry.rollfile import Person

WALK_IN = Person(id="W1", name="Ana Sol", birth_date="1990-01-02", district="sud")
LISTED: set[What] = {"taken-back", "still-active", "not-on-roll", "unclaimed", "no-card"}


class PowerCut(BaseException):
    """Nothing of ours catches it."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    return make_desks(tmp_path_factory.mktemp("desks"))


@pytest.fixture
def desks(template: Desks, tmp_path: Path) -> Desks:
    return copy_desks(template, tmp_path)


def cut_after_the_log(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, act: Callable[[Desk], object]
) -> None:
    """The log has it, the roll hasn't, and the machine starts again."""
    with desks.open(random=2) as desk:
        append = desk._log.append_all

        def cut(entries: Sequence[bytes]) -> None:
            append(entries)
            raise PowerCut

        monkeypatch.setattr(desk._log, "append_all", cut)
        with pytest.raises(PowerCut):
            act(desk)


def named(desk: Desk) -> set[What]:
    return {difference.what for difference in desk.reconcile().differences} & LISTED


def test_a_check_in_half_undone(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    with desks.open() as desk:
        desk.hand_out("2", copy=desks.copier())
        assert named(desk) == set()
    cut_after_the_log(
        desks, monkeypatch, lambda desk: desk.undo("2", officials=OFFICIALS, why="left")
    )
    with desks.open(random=5) as desk:
        assert named(desk) == {"taken-back"} and "undo" in desk.known("2").acts
        size = desk.status().size
        desk.undo("2", officials=OFFICIALS, why="left")
        assert named(desk) == set() and desk.known("2").checked_in is None
        assert desk.status().size == size


@pytest.mark.parametrize("status", ["died", "struck"])
def test_somebody_half_struck(desks: Desks, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    def change(desk: Desk) -> object:
        return desk.change("2", status, OFFICIALS)  # type: ignore[arg-type]  # one of them

    with desks.open() as desk:
        desk.issue(["2"], "online")
        desk.issue(["3"], "online")
        desk.revoke("3", "returned", OFFICIALS)
    cut_after_the_log(desks, monkeypatch, change)
    with desks.open(random=5) as desk:
        assert named(desk) == {"still-active"} and desk.known("2").cut_off
        assert not desk.known("3").cut_off
        size = desk.status().size
        change(desk)
        assert named(desk) == set() and desk.known("2").acts == []
        assert desk.status().size == size
        desk.change("2", "active", OFFICIALS)
        desk.hand_out("2", copy=desks.copier())
        assert named(desk) == set() and not desk.known("2").cut_off


def test_somebody_half_enrolled(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_after_the_log(desks, monkeypatch, lambda desk: desk.enrol(WALK_IN, OFFICIALS))
    with desks.open(random=5) as desk:
        assert named(desk) == {"not-on-roll"} and desk.roll.find("Ana Sol") == []
        desk.enrol(WALK_IN, OFFICIALS)
        assert desk.known("W1").acts == ["hand-out"]
        assert named(desk) == {"not-on-roll"}  # the log forgets nothing


def test_a_card_taken_back_and_one_replaced(desks: Desks) -> None:
    with desks.open() as desk:
        card = desk.hand_out("2", copy=desks.copier())
        desk.replace_card("2", officials=OFFICIALS, reason="lost", copy=desks.copier())
        assert named(desk) == set()
        card = desk.hand_out("3", copy=desks.copier())
        desk.take_back(card.text, officials=OFFICIALS)
        assert named(desk) == {"taken-back"}
