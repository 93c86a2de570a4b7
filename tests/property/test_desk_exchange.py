"""Whatever desks do and whenever they sync: every double is shown in the end, none is invented."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from box_builder import CHOICES
from bundle_builder import Polling, merge_logs
from desk_builder import OFFICIALS, Desks, copy_desks, make_desks
from pbvote.core.card import RegistryEntry
from pbvote.core.encoding import decode
from pbvote.core.errors import InputError, RefusedError
from pbvote.registry import Desk, IssuedCard
from pbvote.registry.exchange import FolderPlace, sync
from pbvote.voting import prepare, voter_of_card

NAMES = ("mairie", "desk-1", "desk-2")
PEOPLE = [str(i) for i in range(4)]

names, ids = st.sampled_from(NAMES), st.sampled_from(PEOPLE)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("hand out"), names, ids),
        st.tuples(st.just("hand out"), names, ids),
        st.tuples(st.just("undo"), names, ids),
        st.tuples(st.just("replace"), names, ids),
        st.tuples(st.just("sync"), names, st.just("")),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    return make_desks(tmp_path_factory.mktemp("desks"), NAMES, count=len(PEOPLE))


class Day:
    """Desks at work, and beside them which cards are active and what each desk can know."""

    def __init__(self, desks: Desks, stack: ExitStack, stick: Path) -> None:
        self.desks, self.place = desks, FolderPlace(stick)
        self.open = {name: stack.enter_context(desks.open(name)) for name in NAMES}
        self.active: dict[tuple[str, str], IssuedCard] = {}

    def do(self, what: str, name: str, person: str) -> None:
        desk = self.open[name]
        before = self.shown(desk)
        try:
            if what == "sync":
                assert sync(desk, self.desks.folders[name], self.place).wrong == ()
            elif what == "hand out":
                card = desk.hand_out(person, copy=self.desks.copier())
                assert (name, person) not in self.active
                self.active[name, person] = card
            elif what == "undo":
                desk.undo(person, officials=OFFICIALS, why="a mistake")
                self.active.pop((name, person), None)
            else:
                card = desk.replace_card(
                    person, officials=OFFICIALS, reason="lost", copy=self.desks.copier()
                )
                self.active[name, person] = card
        except (InputError, RefusedError):
            assert self.shown(desk) == before

    def doubles(self) -> set[str]:
        """Who has two active cards, by what was done."""
        holders = [person for _, person in self.active]
        return {person for person in holders if holders.count(person) > 1}

    @staticmethod
    def shown(desk: Desk) -> set[str]:
        return {double.listed.id for double in desk.doubles() if double.listed is not None}


@settings(max_examples=15)
@given(what=steps)
def test_every_double_is_shown(template: Desks, what: list[tuple[str, str, str]]) -> None:
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        stick = Path(temporary) / "stick"
        stick.mkdir()
        day = Day(copy_desks(template, Path(temporary)), stack, stick)
        for step in what:
            day.do(*step)
        for _ in range(2):
            for name in NAMES:
                day.do("sync", name, "")
        for desk in day.open.values():
            assert day.shown(desk) == day.doubles()
            lines = {line.person for line in desk.roll.attendance.all() if line.stands}
            for person in PEOPLE:
                known = desk.known(person)
                assert known.unclaimed is None
                has_own = (desk.name, person) in day.active
                assert (known.checked_in is not None) == has_own == (person in lines)


@settings(max_examples=6)
@given(what=steps)
def test_every_conflict_of_two_cards_in_the_merge_is_a_double(
    template: Desks, what: list[tuple[str, str, str]]
) -> None:
    """Everybody votes with every card that is left, each desk's at a kiosk of its own.

    Two cards of different serials are a double without a conflict: the merge takes the higher one.
    """
    kiosks = {"mairie": "kiosk-1", "desk-1": "kiosk-2"}
    with TemporaryDirectory() as temporary, ExitStack() as stack:
        stick = Path(temporary) / "stick"
        stick.mkdir()
        day = Day(copy_desks(template, Path(temporary)), stack, stick)
        for step in what:
            if step[1] in kiosks:
                day.do(*step)
        for name in (*NAMES, *NAMES):
            day.do("sync", name, "")
        built = day.desks.built
        merged = merge_logs(built, logs_of(day, kiosks))
        roll = day.open["mairie"].roll
        listed = [roll.of_pseudonym(conflict.pseudonym) for conflict in merged.record.conflicts]
        conflicts = {person.id for person in listed if person is not None}
        serials = {
            person: {c.certificate.serial for (_, who), c in day.active.items() if who == person}
            for person in day.doubles()
        }
        same = {person for person, found in serials.items() if len(found) == 1}
        assert conflicts == same
        for name in NAMES:
            assert conflicts <= day.shown(day.open[name])


def logs_of(day: Day, kiosks: dict[str, str]) -> dict[str, list[bytes]]:
    """Every log, closed: those of the desks as they are, and a box with the ballots of each."""
    poll = Polling(day.desks.built)
    election = day.desks.built.election
    for (name, _), card in day.active.items():
        voter = voter_of_card(election, card.text)
        poll.put(f"box/{kiosks[name]}", prepare(election, kiosks[name], voter, CHOICES).cast())
    for name, desk in day.open.items():
        for entry in desk._log.entries():
            poll.put(f"registry/{name}", decode(entry, RegistryEntry))
    return poll.finished()
