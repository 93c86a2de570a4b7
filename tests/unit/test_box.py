"""A box from its first entry to its last, in memory and in its folder."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from box_builder import (
    START,
    Clock,
    build_town,
    entries,
    make_box,
    make_cast,
    make_prepared,
    make_voter,
    twin,
    with_new_proof,
)
from election_builder import BuiltElection, build_election, make_roll
from pbvote.box import Box
from pbvote.core.ballot import BoxEntry, Cast, Close, Open
from pbvote.core.encoding import decode, encode, time_text
from pbvote.core.errors import BallotRefused, RefusedError, StorageError
from pbvote.core.manifest import Addendum, NewHours
from pbvote.core.note import open_checkpoint
from pbvote.core.receipt import SignedReceipt, check_receipt
from pbvote.store.log import SignedLog
from pbvote.store.memory import MemoryStore
from pbvote.store.sqlite import SqliteStore
from pbvote.voting import prepare


@pytest.fixture(scope="module")
def built() -> BuiltElection:
    return build_election(roll=make_roll(1000))


def together(work: list[Callable[[], None]]) -> None:
    """Run all at once, each in its thread."""
    threads = [Thread(target=part) for part in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_receipt_is_signed_and_its_entry_in_the_log(built: BuiltElection) -> None:
    box = make_box(built)
    prepared = make_prepared(built, 3)
    data = encode(prepared.cast())
    signed = box.cast(data)
    check_receipt(signed, built.election.box_keys["online"])
    receipt = signed.receipt
    assert (receipt.index, receipt.tracker, receipt.box) == (1, prepared.tracker, "online")
    assert receipt.at == time_text(START)
    opened, cast = entries(box)
    assert cast == data
    assert decode(opened, BoxEntry) == Open(
        election=built.election.id, box="online", at=time_text(START)
    )


def test_the_same_ballot_again_gets_the_same_receipt(built: BuiltElection) -> None:
    clock = Clock()
    box = make_box(built, clock=clock)
    prepared = make_prepared(built, 3)
    data = encode(prepared.cast())
    signed = box.cast(data)
    clock.at += 60
    assert box.cast(data) == box.receipt_for(prepared.digest) == signed
    assert len(list(entries(box))) == 2
    assert box.receipt_for(bytes(32)) is None


def test_the_same_ballot_at_once_is_in_once(built: BuiltElection) -> None:
    box = make_box(built)
    data = [make_cast(built, number) for number in range(4)]
    got: list[SignedReceipt] = []

    def voter(ballot: bytes) -> None:
        got.append(box.cast(ballot))

    together([partial(voter, ballot) for ballot in data * 8])
    assert len(got) == 32
    assert {signed.receipt.index for signed in got} == {1, 2, 3, 4}
    assert len({encode(signed) for signed in got}) == 4
    assert sorted(list(entries(box))[1:]) == sorted(data)


def test_another_proof_of_a_ballot_that_is_in(built: BuiltElection) -> None:
    box = make_box(built)
    prepared = make_prepared(built, 3)
    other = with_new_proof(prepared)
    box.cast(encode(prepared.cast()))
    with pytest.raises(BallotRefused, match="in the box already") as caught:
        box.cast(encode(other.cast()))
    assert caught.value.reason == "duplicate"


def test_a_card_may_vote_again(built: BuiltElection) -> None:
    box = make_box(built)
    voter = make_voter(built, 3)
    assert box.standing(voter.certificate.key) == []
    ballots = [prepare(built.election, "online", voter, {}) for _ in range(3)]
    receipts = [box.cast(encode(ballot.cast())) for ballot in ballots]
    box.cast(make_cast(built, 4))
    assert box.standing(voter.certificate.key) == receipts


def test_a_challenge_is_logged_and_never_counted(built: BuiltElection) -> None:
    box = make_box(built)
    prepared = make_prepared(built, 3)
    other, late = twin(prepared), with_new_proof(prepared)
    data = encode(prepared.challenge())
    signed = box.challenge(data)
    check_receipt(signed, built.election.box_keys["online"])
    assert signed.receipt.tracker == prepared.tracker
    assert box.challenge(data) == signed
    assert box.standing(prepared.ballot.certificate.key) == []
    with pytest.raises(BallotRefused, match="opened to check the device") as caught:
        box.cast(encode(other.cast()))
    assert caught.value.reason == "challenged"
    with pytest.raises(BallotRefused) as caught:
        box.challenge(encode(late.challenge()))
    assert caught.value.reason == "bad-challenge"
    status = box.status()
    assert (status.cast, status.challenged, status.size) == (0, 1, 2)


def test_a_cast_ballot_cannot_be_challenged(built: BuiltElection) -> None:
    box = make_box(built)
    prepared = make_prepared(built, 3)
    other = twin(prepared)
    box.cast(encode(prepared.cast()))
    with pytest.raises(BallotRefused, match="in the box already") as caught:
        box.challenge(encode(other.challenge()))
    assert caught.value.reason == "bad-challenge"
    assert len(list(entries(box))) == 2


def test_nothing_goes_in_before_opening_or_after_closing(built: BuiltElection) -> None:
    box = make_box(built, opened=False)
    first, second = make_cast(built, 1), make_cast(built, 2)
    for early in (lambda: box.cast(first), box.close_poll):
        with pytest.raises(RefusedError, match=r"isn't open yet.*Officials"):
            early()
    assert box.status().opened is None
    box.open_poll()
    with pytest.raises(RefusedError, match=r"opened already.*Ballots can be cast"):
        box.open_poll()
    signed = box.cast(first)
    box.challenge(encode(make_prepared(built, 3).challenge()))
    box.close_poll()
    for late in (lambda: box.cast(second), box.close_poll):
        with pytest.raises(RefusedError, match=r"was closed at .*can't be opened again"):
            late()
    with pytest.raises(RefusedError, match="opened already"):
        box.open_poll()
    assert box.cast(first) == signed  # its device may still ask
    *_, last = entries(box)
    assert decode(last, BoxEntry) == Close(at=time_text(START), cast=1, challenged=1)


@pytest.mark.parametrize("after", [1, 15, 30])
def test_a_ballot_is_before_the_close_or_refused(built: BuiltElection, after: int) -> None:
    ballots = [make_cast(built, number) for number in range(48)]
    box = make_box(built)
    got: list[SignedReceipt] = []
    refused: list[str] = []
    enough = Event()

    def voter(part: list[bytes]) -> None:
        for data in part:
            try:
                got.append(box.cast(data))
            except RefusedError as error:
                refused.append(error.what)
            if len(got) >= after:
                enough.set()

    def official() -> None:
        enough.wait()
        box.close_poll()

    together([official, *(partial(voter, ballots[n::8]) for n in range(8))])
    log = list(entries(box))
    assert decode(log[-1], BoxEntry) == Close(at=time_text(START), cast=len(got), challenged=0)
    assert sorted(signed.receipt.index for signed in got) == list(range(1, len(log) - 1))
    assert len(got) + len(refused) == 48
    assert all("nothing goes in any more" in what for what in refused)


def test_a_clock_that_jumps_harms_nothing(built: BuiltElection) -> None:
    clock, store = Clock(), MemoryStore()
    box = make_box(built, clock=clock, store=store)
    for number, at in enumerate((START, START - 86_400, 0, START + 10**8, 2**32 - 1, 5)):
        clock.at = at
        data = make_cast(built, number)
        signed = box.cast(data)
        assert (signed.receipt.at, signed.receipt.index) == (time_text(at), number + 1)
        assert box.cast(data) == signed
    clock.at = 3
    assert any("Set the clock" in warning for warning in box.status().warnings)
    again = make_box(built, clock=clock, store=store, opened=False)
    assert any("Set the clock" in warning for warning in again.status().warnings)
    box.close_poll()
    assert box.status().closed == time_text(3)


@pytest.mark.parametrize("at", [-1, 2**32, 10**15])
def test_a_clock_beyond_all_years_is_refused(built: BuiltElection, at: int) -> None:
    clock = Clock()
    box = make_box(built, clock=clock)
    data = make_cast(built, 1)
    clock.at = at
    for work in (lambda: box.cast(data), box.close_poll):
        with pytest.raises(RefusedError, match=r"clock is wrong.*Set it"):
            work()
    assert any("clock is wrong" in warning for warning in box.status().warnings)
    clock.at = START
    assert box.cast(data).receipt.index == 1


def test_hours_only_warn(built: BuiltElection) -> None:
    early, late = START - 86_400, START + 86_400
    clock = Clock(early)
    box = make_box(built, "kiosk-1", clock=clock, opened=False)
    assert box.status().warnings == ()
    clock.at = START
    assert "Open it" in box.status().warnings[0]
    box.open_poll()
    assert box.status().warnings == ()
    clock.at = early
    assert "the hours begin at 2026-11-22T08:00:00Z" in box.status().warnings[0]
    clock.at = late
    assert "the hours ended at 2026-11-22T16:00:00Z" in box.status().warnings[0]
    box.cast(make_cast(built, 1, "kiosk-1"))
    box.close_poll()
    assert box.status().warnings == ()


def test_an_addendum_changes_the_hours(built: BuiltElection) -> None:
    clock = Clock(START + 86_400)
    addendum = Addendum(
        election=built.election.id,
        number=1,
        previous=built.election.id,
        at=time_text(START),
        closes=NewHours(in_person=time_text(START + 2 * 86_400)),
    )
    longer = built.with_addendum(addendum)
    assert make_box(longer, "kiosk-1", clock=clock).status().warnings == ()
    assert "the hours ended" in make_box(longer, "online", clock=clock).status().warnings[0]


def test_the_status_is_that_of_the_checkpoint(built: BuiltElection) -> None:
    box = make_box(built)
    for number in range(3):
        box.cast(make_cast(built, number))
    status = box.status()
    checkpoint = open_checkpoint(box.checkpoint, built.election.box_keys["online"])
    assert (status.cast, status.size) == (3, 4)
    assert (status.size, status.root) == (checkpoint.size, checkpoint.root.hex())
    assert status.checkpoint == checkpoint.text
    assert (status.name, status.opened, status.closed) == ("online", time_text(START), None)


def test_a_box_remembers_all_of_it_after_a_restart(tmp_path: Path) -> None:
    built = build_town(tmp_path)
    folder, clock = tmp_path / "boxes" / "web", Clock()
    prepared = [make_prepared(built, number, "web") for number in range(5)]
    challenged = make_prepared(built, 9, "web")
    other = twin(challenged)
    data = [encode(ballot.cast()) for ballot in prepared]
    with Box.in_folder(folder, built.election, "web", now=clock) as box:
        box.open_poll()
        receipts = [box.cast(ballot) for ballot in data]
        box.challenge(encode(challenged.challenge()))
        before = box.status()
    clock.at += 60
    with Box.in_folder(folder, built.election, "web", now=clock) as box:
        assert box.status() == before
        assert [box.cast(ballot) for ballot in data] == receipts
        assert box.standing(prepared[2].ballot.certificate.key) == [receipts[2]]
        with pytest.raises(BallotRefused, match="opened to check"):
            box.cast(encode(other.cast()))
        assert box.status() == before
        box.close_poll()
    with Box.in_folder(folder, built.election, "web", now=clock) as box:
        status = box.status()
        assert (status.cast, status.challenged, status.size) == (5, 1, 8)
        assert status.closed == time_text(clock.at)
        with pytest.raises(RefusedError, match="was closed"):
            box.cast(make_cast(built, 8, "web"))


def test_a_box_needs_its_own_folder(tmp_path: Path) -> None:
    built = build_town(tmp_path, {"web": "online", "hall": "in-person"})
    boxes = tmp_path / "boxes"
    with pytest.raises(RefusedError, match=r"another key.*Use the folder"):
        Box.in_folder(boxes / "hall", built.election, "web", now=Clock())
    with pytest.raises(RefusedError, match="there is a key already"):
        Box.create(boxes / "hall", "demo", "hall")
    Box.in_folder(boxes / "web", built.election, "web", now=Clock()).stop()  # nothing held
    (boxes / "web" / "box.db").unlink()
    with pytest.raises(StorageError, match="no such log"):
        Box.in_folder(boxes / "web", built.election, "web", now=Clock())


def test_a_log_of_another_election_is_refused(built: BuiltElection) -> None:
    store, signer = MemoryStore(), built.boxes["online"]
    log = SignedLog(store, signer)
    log.append(encode(Open(election=bytes(32), box="online", at=time_text(START))))
    with pytest.raises(RefusedError, match="of another election"):
        Box(log, signer, built.election, "online", now=Clock())


def test_the_log_is_exported_in_the_hall_only_after_closing(
    built: BuiltElection, tmp_path: Path
) -> None:
    online, hall = make_box(built), make_box(built, "kiosk-1")
    online.cast(make_cast(built, 1))
    assert online.export(tmp_path / "online") == 2
    hall.cast(make_cast(built, 1, "kiosk-1"))
    with pytest.raises(RefusedError, match=r"published after closing.*Close the box"):
        hall.export(tmp_path / "hall")
    hall.close_poll()
    assert hall.export(tmp_path / "hall") == 3
    assert (tmp_path / "hall" / "checkpoint").read_bytes() == hall.checkpoint
    assert not (tmp_path / "hall" / "receipt").exists()


def test_times_are_never_in_the_log(built: BuiltElection, tmp_path: Path) -> None:
    clock = Clock(START + 77)
    box = make_box(built, clock=clock)
    clock.at = START + 12_345
    box.cast(make_cast(built, 1))
    box.export(tmp_path / "online")
    tiles = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert time_text(START + 77).encode() in tiles
    assert time_text(START + 12_345).encode() not in tiles


def test_a_second_copy_on_the_same_disk_is_none(tmp_path: Path) -> None:
    built = build_town(tmp_path)
    folder = tmp_path / "boxes" / "web"
    for second, said in (
        (tmp_path / "copy.db", "on the same disk"),
        (tmp_path / "no-stick" / "copy.db", "No such file"),
    ):
        with Box.in_folder(folder, built.election, "web", now=Clock(), second=second) as box:
            assert said in box.status().warnings[0]
            assert "Put in the stick" in (box.catch_up() or "")
        assert not second.exists()


def test_a_second_copy_that_comes_back(built: BuiltElection, tmp_path: Path) -> None:
    there = [False]
    path, signer = tmp_path / "stick.db", built.boxes["online"]

    def stick() -> SqliteStore:
        if not there[0]:
            raise StorageError("no stick")
        return SqliteStore.open(path)

    log = SignedLog(MemoryStore(), signer, second=stick)
    box = Box(log, signer, built.election, "online", now=Clock(START - 10 * 86_400))
    box.open_poll()
    box.cast(make_cast(built, 1))
    assert "no stick" in box.status().warnings[0]
    there[0] = True
    assert box.catch_up() is None
    signed = box.cast(make_cast(built, 2))
    assert box.status().warnings == ()
    expected = list(entries(box))
    box.stop()
    with Box(
        SignedLog(SqliteStore.open(path), signer), signer, built.election, "online", now=Clock()
    ) as copy:
        assert list(entries(copy)) == expected
        assert copy.cast(expected[2]) == signed


def test_a_register_may_be_replaced_while_running(built: BuiltElection) -> None:
    class Nobody:
        """A register that knows no card."""

        def is_logged(self, certificate: object) -> bool:
            return False

        def is_revoked(self, certificate: object) -> bool:
            return False

        def is_on_roll(self, certificate: object) -> bool:
            return True

    box = make_box(built)
    data = make_cast(built, 1)
    right = box.register
    box.register = Nobody()
    with pytest.raises(BallotRefused) as caught:
        box.cast(data)
    assert caught.value.reason == "certificate-not-logged"
    box.register = right
    assert box.cast(data).receipt.index == 1


def test_an_append_that_failed_after_the_entry_stood(built: BuiltElection) -> None:
    """Only the mark failed: the ballot is in, and sending it again gives its receipt."""

    class Late(MemoryStore):
        """Tells of a failure after it has kept everything."""

        fails = False

        def commit(self, *args: object) -> None:
            super().commit(*args)  # type: ignore[arg-type]  # passed on as they came
            if self.fails:
                raise StorageError("the disk said no, late")

    store = Late()
    box = make_box(built, store=store)
    data = [make_cast(built, number) for number in range(3)]
    box.cast(data[0])
    store.fails = True
    with pytest.raises(StorageError, match="late"):
        box.cast(data[1])
    store.fails = False
    again = make_box(built, store=store, opened=False)
    receipts = [again.cast(ballot) for ballot in random.Random(1).sample(data, 3)]
    assert sorted(signed.receipt.index for signed in receipts) == [1, 2, 3]
    assert [decode(entry, BoxEntry).__class__ for entry in entries(again)] == [Open, *[Cast] * 3]
