"""Desks that learn of each other's cards through a folder or a network, trusting neither."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desk_builder import OFFICIALS, Desks, copy_desks, make_desks
from pbvote.at_hand import RegistriesAtHand
from pbvote.cli.box import opened as open_box
from pbvote.core.errors import InputError, PbvoteError, StorageError, VerificationError
from pbvote.registry import CheckpointCopy
from pbvote.registry.at_desk import learn_at_hand, opened
from pbvote.registry.desk import Desk
from pbvote.registry.exchange import (
    PUBLISHED,
    FolderPlace,
    HttpPlace,
    Synced,
    place_of,
    publish,
    sync,
)
from pbvote.registry.serve import AT_ONCE, address_of, serving


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    return make_desks(tmp_path_factory.mktemp("desks"), count=300)


@pytest.fixture
def desks(template: Desks, tmp_path: Path) -> Desks:
    return copy_desks(template, tmp_path)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def synced(desks: Desks, desk: Desk, place: FolderPlace | HttpPlace) -> Synced:
    return sync(desk, desks.folders[desk.name], place)


def test_two_desks_through_a_stick(desks: Desks, stick: Path) -> None:
    place = FolderPlace(stick)
    with desks.open("mairie") as here, desks.open("desk-1") as there:
        here.hand_out("2", copy=desks.copier())
        there.hand_out("2", copy=desks.copier())
        there.hand_out("3", copy=desks.copier())
        assert synced(desks, here, place) == Synced(str(stick), True, {}, ())
        assert here.doubles() == [] == there.doubles()
        assert synced(desks, there, place).new == {"mairie": 1}
        (double,) = there.doubles()
        assert double.listed is not None and double.listed.id == "2"
        assert [card.registrar for card in double.cards] == ["desk-1", "mairie"]
        assert synced(desks, here, place).new == {"desk-1": 2}
        assert [d.name for d in here.doubles()] == ["Anna Dupont"]
        assert here.known("2").elsewhere == ["desk-1"]
        assert here.known("3").elsewhere == ["desk-1"] and "hand-out" not in here.known("3").acts
        with pytest.raises(InputError, match="has an in-person card already, from desk-1"):
            here.hand_out("3", copy=desks.copier())
        assert synced(desks, here, place).new == {"desk-1": 0}
        here.undo("2", officials=OFFICIALS, why="twice")
        assert here.doubles() == []
        for desk in (here, there):
            synced(desks, desk, place)
        assert there.doubles() == []
        for name in ("mairie", "desk-1"):
            assert (stick / f"pbvote_demo_registry_{name}.note").is_file()


def test_what_was_learned_is_known_after_a_restart(desks: Desks, stick: Path) -> None:
    with desks.open("desk-1") as there:
        there.hand_out("3", copy=desks.copier())
        synced(desks, there, FolderPlace(stick))
    with opened(desks.folders["mairie"], "mairie") as here:
        assert here.known("3").elsewhere == []
        synced(desks, here, FolderPlace(stick))
    with opened(desks.folders["mairie"], "mairie") as here:
        assert here.known("3").elsewhere == ["desk-1"]


def test_a_place_that_is_not_there(desks: Desks, tmp_path: Path) -> None:
    with desks.open() as desk:
        result = synced(desks, desk, FolderPlace(tmp_path / "gone"))
        assert not result.reached and result.new == {}
        assert "the place isn't there" in str(result.wrong[0])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        result = synced(desks, desk, HttpPlace(f"http://127.0.0.1:{port}"))
        assert not result.reached and len(result.wrong) == 1 and "no answer" in str(result.wrong[0])


def test_an_older_copy_on_the_stick_does_no_harm(desks: Desks, stick: Path, tmp_path: Path) -> None:
    place = FolderPlace(stick)
    with desks.open("mairie") as here, desks.open("desk-1") as there:
        there.hand_out("2", copy=desks.copier())
        synced(desks, there, place)
        shutil.copytree(stick / "registry/desk-1", tmp_path / "old")
        there.hand_out("3", copy=desks.copier())
        synced(desks, there, place)
        assert synced(desks, here, place).new == {"desk-1": 2}
        shutil.rmtree(stick / "registry/desk-1")
        shutil.copytree(tmp_path / "old", stick / "registry/desk-1")
        assert synced(desks, here, place).new == {"desk-1": 0}
        assert here.known("3").elsewhere == ["desk-1"]


def test_a_log_that_was_changed_is_not_taken(desks: Desks, stick: Path, tmp_path: Path) -> None:
    other = copy_desks(desks, tmp_path / "twin")  # the same keys, another history
    place = FolderPlace(stick)
    with desks.open("mairie") as here:
        with desks.open("desk-1") as there:
            there.hand_out("2", copy=desks.copier())
            synced(desks, there, place)
        assert synced(desks, here, place).new == {"desk-1": 1}
        shutil.rmtree(stick / "registry")
        with other.open("desk-1") as forked:
            for person in ("4", "5"):
                forked.hand_out(person, copy=other.copier())
                synced(other, forked, place)
                (error,) = synced(desks, here, place).wrong
                assert isinstance(error, VerificationError)
                assert "isn't the one that was read before" in str(error)
        assert here.known("4").elsewhere == [] and here.known("2").elsewhere == ["desk-1"]


def test_a_shorter_log_that_went_another_way_is_said(
    desks: Desks, stick: Path, tmp_path: Path
) -> None:
    """A desk that goes on from an older log: the cards it hands out then would stay unseen."""
    other = copy_desks(desks, tmp_path / "restored")
    place = FolderPlace(stick)
    with desks.open("mairie") as here:
        with desks.open("desk-1") as there:
            for person in ("2", "3", "4"):
                there.hand_out(person, copy=desks.copier())
            synced(desks, there, place)
        assert synced(desks, here, place).new == {"desk-1": 3}
        shutil.rmtree(stick / "registry/desk-1")
        with other.open("desk-1") as forked:
            forked.hand_out("5", copy=other.copier())
            forked.export(stick / "registry/desk-1")
        (error,) = synced(desks, here, place).wrong
        assert isinstance(error, VerificationError)
        assert "isn't the one that was read before" in str(error)


def test_a_card_and_a_sync_at_once_publish_the_same_log(desks: Desks) -> None:
    with desks.open("mairie") as here, ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            here.issue(here.without_card("online")[:20], "online")
            list(threads.map(lambda _: publish(here, desks.folders["mairie"]), range(8)))


def test_a_place_that_can_not_even_be_looked_at(desks: Desks) -> None:
    """As a stick that was pulled out, whose folder gives errors."""
    pulled = Path("x" * 300)
    with desks.open("mairie") as here:
        result = synced(desks, here, FolderPlace(pulled))
        assert not result.reached and result.wrong
        with pytest.raises(StorageError, match="isn't there"):
            CheckpointCopy(pulled)(here.checkpoint)
        with pytest.raises(StorageError, match="isn't there"):
            here.hand_out("2", copy=CheckpointCopy(pulled))


@pytest.mark.parametrize("harm", ["checkpoint", "entries", "missing", "large", "foreign"])
def test_rubbish_on_the_stick_is_named_and_left(desks: Desks, stick: Path, harm: str) -> None:
    place, theirs = FolderPlace(stick), stick / "registry/desk-1"
    with desks.open("desk-1") as there:
        there.hand_out("2", copy=desks.copier())
        synced(desks, there, place)
    tile = next(path for path in (theirs / "tile/entries").rglob("*") if path.is_file())
    if harm == "checkpoint":
        (theirs / "checkpoint").write_bytes(b"rubbish")
    elif harm == "entries":
        tile.write_bytes(tile.read_bytes()[:-1] + b"!")
    elif harm == "missing":
        tile.unlink()
    elif harm == "large":
        with (theirs / "checkpoint").open("r+b") as file:
            file.truncate(1 << 30)
    else:
        with desks.open("mairie") as here:
            here.export(stick / "mine")
        shutil.rmtree(theirs)
        (stick / "mine").rename(theirs)
    with desks.open("mairie") as here:
        result = synced(desks, here, place)
        assert result.wrote and result.reached and result.new == {} and len(result.wrong) == 1
        assert "desk-1" in str(result.wrong[0])
        assert here.known("2").elsewhere == []
    assert not (desks.folders["mairie"] / "registries/desk-1/log").exists()


# --- over a network -------------------------------------------------------------------------------


@pytest.fixture
def served(desks: Desks) -> Iterator[tuple[Desk, str, int]]:
    """Another desk that offers its log."""
    with desks.open("desk-1") as there:
        there.issue(list(map(str, range(280))), "online")
        there.hand_out("2", copy=desks.copier())
        publish(there, desks.folders["desk-1"])
        folder = desks.folders["desk-1"] / "registries/desk-1" / PUBLISHED
        with serving(folder, "desk-1", ("127.0.0.1", 0)) as (host, port):
            yield there, host, port


def test_two_desks_over_a_network(desks: Desks, served: tuple[Desk, str, int]) -> None:
    there, host, port = served
    with desks.open("mairie") as here:
        place = place_of(f"http://{host}:{port}")
        assert isinstance(place, HttpPlace)
        assert synced(desks, here, place) == Synced(place.name, False, {"desk-1": 281}, ())
        assert here.known("2").elsewhere == ["desk-1"]
        there.hand_out("3", copy=desks.copier())
        publish(there, desks.folders["desk-1"])
        assert synced(desks, here, place).new == {"desk-1": 1}


def answer(host: str, port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/registry/desk-1/",
        "/registry/desk-1/../roll.db",
        "/registry/desk-1/tile/../../roll.db",
        "/registry/desk-1/tile/..%2f..%2froll.db",
        "/registry/desk-1//etc/passwd",
        "/registry/mairie/checkpoint",
        "/registry/desk-1/tile/entries/0",
        "/registry/desk-1/tile/entries/001.p/256",
        "/registry/desk-1/checkpoint?x",
        "http://elsewhere/registry/desk-1/checkpoint",
    ],
)
def test_nothing_but_the_log_is_offered(served: tuple[Desk, str, int], path: str) -> None:
    _, host, port = served
    assert answer(host, port, path)[0] == 404


def test_only_reading_is_offered(served: tuple[Desk, str, int]) -> None:
    there, host, port = served
    assert answer(host, port, "/registry/desk-1/checkpoint") == (200, there.checkpoint)
    assert answer(host, port, "/registry/desk-1/tile/entries/000")[0] == 200
    for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS"):
        assert answer(host, port, "/registry/desk-1/checkpoint", method)[0] == 501


def test_many_who_say_nothing_do_not_stop_it(served: tuple[Desk, str, int]) -> None:
    there, host, port = served
    silent = [socket.create_connection((host, port)) for _ in range(40)]
    try:
        for connection in silent:
            connection.close()
        for _ in range(50):
            try:
                assert answer(host, port, "/registry/desk-1/checkpoint")[1] == there.checkpoint
                break
            except (ConnectionError, http.client.HTTPException):
                continue
        else:
            pytest.fail("it never answered again")
    finally:
        for connection in silent:
            connection.close()


def test_who_drips_keeps_no_other_desk_out(served: tuple[Desk, str, int]) -> None:
    there, host, port = served
    dripping = [socket.create_connection((host, port)) for _ in range(AT_ONCE + 4)]
    try:
        for connection in dripping:
            with contextlib.suppress(OSError):
                connection.send(b"G")
        other = http.client.HTTPConnection(host, port, timeout=5, source_address=("127.0.0.2", 0))
        other.request("GET", "/registry/desk-1/checkpoint")
        assert other.getresponse().read() == there.checkpoint
        other.close()
    finally:
        for connection in dripping:
            connection.close()


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_log_has_one_deadline_headers_too(monkeypatch: pytest.MonkeyPatch, begins: bytes) -> None:
    """A byte now and then isn't an answer."""
    monkeypatch.setattr("pbvote.registry.exchange.PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(begins)
                for _ in range(200):
                    connection.sendall(b"x")
                    time.sleep(0.05)

        threads.submit(drip)
        place = HttpPlace(f"http://127.0.0.1:{server.getsockname()[1]}")
        began = time.monotonic()
        for _ in range(2):  # and nothing is asked any more
            with pytest.raises(StorageError, match=r"too slow|no answer"):
                place.read("registry/x/checkpoint", 1000)
        assert time.monotonic() - began < 3


def test_a_log_has_one_budget(
    served: tuple[Desk, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, host, port = served
    path, size = "registry/desk-1/checkpoint", len(there.checkpoint)
    monkeypatch.setattr("pbvote.registry.exchange.MAX_LOG", size)
    place = HttpPlace(f"http://{host}:{port}")
    assert place.read(path, 10_000) == there.checkpoint
    with pytest.raises(InputError, match="more than such a file"):
        place.read(path, 10_000)
    place.begin()
    assert place.read(path, 10_000) == there.checkpoint


def test_addresses() -> None:
    assert address_of("8080") == ("0.0.0.0", 8080) and address_of("10.0.0.2:80") == ("10.0.0.2", 80)
    for text in ("", "desk", "10.0.0.2", "1:99999", "a:b"):
        with pytest.raises(InputError, match="isn't an address"):
            address_of(text)
    for text in ("ftp://a:1", "http://", "http://a:1/path"):
        with pytest.raises(InputError, match="isn't the address of a desk"):
            place_of(text)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "desk-1", ("127.0.0.1", 0)) as address,
        pytest.raises(StorageError, match="can't listen there"),
        serving(tmp_path, "desk-1", address),
    ):
        pass


@pytest.mark.parametrize("damage", ["tile", "checkpoint"])
def test_a_damaged_copy_is_left_out_and_named(desks: Desks, stick: Path, damage: str) -> None:
    """Desk and kiosk start; the commands, which aren't in a hurry, refuse it."""
    folder, election = desks.folders["mairie"], desks.built.election
    with desks.open("desk-1") as there:
        card = there.hand_out("3", copy=desks.copier())
        synced(desks, there, FolderPlace(stick))
    with opened(folder, "mairie") as here:
        synced(desks, here, FolderPlace(stick))
    kept = folder / "registries" / "desk-1" / "log"
    (file,) = (kept / "tile/entries").rglob("1") if damage == "tile" else [kept / "checkpoint"]
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    register = RegistriesAtHand(folder, election)
    assert register.here == {"mairie"} and register.find(card.certificate.key) is None
    (error,) = register.wrong
    assert str(error).startswith("desk-1")
    with pytest.raises(PbvoteError), opened(folder, "mairie"):
        pass
    with pytest.raises(PbvoteError):
        open_box(folder, "kiosk-1")
    wrong: list[PbvoteError] = []
    with opened(folder, "mairie", wrong=wrong) as here:
        assert len(wrong) == 1 and here.known("3").elsewhere == []
        here.hand_out("2", copy=desks.copier())
        file.write_bytes(whole)
        assert learn_at_hand(here, folder) == [] and here.known("3").elsewhere == ["desk-1"]
    assert RegistriesAtHand(folder, election).find(card.certificate.key) == card.certificate
