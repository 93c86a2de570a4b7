"""`pbvote tryout` (`make kiosk`): a polling place that works at once, in a real terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pbvote.at_hand import RegistriesAtHand, log_at, now
from pbvote.cli.kiosk_demo import PINS, Tryout, read_tryout
from pbvote.cli.tryout import text_of
from pbvote.core.election import Election
from pbvote.core.encoding import Texts
from pbvote.core.errors import InputError
from pbvote.core.selection import Approval, Grades, Knapsack, Points, Ranking
from pbvote.files import load_election
from pbvote.voting import voter_of_card, voter_of_code
from pbvote_kiosk.language import LANGUAGES
from pbvote_kiosk.officials.keepers import Keepers, Right
from pbvote_kiosk.officials.poll import Poll, kiosk_folder
from pbvote_kiosk.officials.settings import read_settings
from pbvote_kiosk.voter.entry import objection
from poll_folder import call
from terminal import Terminal

PROGRAM = Path(sys.executable).with_name("pbvote")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tryout") / "kiosk"
    assert call("tryout", "make", "--out", folder).code == 0
    return folder


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> Path:
    """A demo of the test's own."""
    return Path(shutil.copytree(made, tmp_path / "kiosk"))


@pytest.fixture
def sockets(demo: Path) -> Iterator[Path]:
    """Where tmux's sockets lie; what a failed test left running ends with it."""
    folder = Path(tempfile.mkdtemp(prefix="pbvote-"))  # short: a socket's path is limited
    yield folder
    environment = {**os.environ, "TMUX_TMPDIR": str(folder)}
    subprocess.run([PROGRAM, "tryout", "stop", "--out", demo], env=environment, check=True)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def election(made: Path) -> Election:
    return load_election(made)


@pytest.fixture(scope="module")
def tryout(made: Path) -> Tryout:
    return read_tryout(made)


def test_every_format_and_every_text_in_four_languages(election: Election) -> None:
    contests = election.manifest.contests
    forms = {type(contest.ballot) for contest in contests}
    assert forms == {Approval, Knapsack, Points, Ranking, Grades}
    assert sum(len(contest.projects) for contest in contests) == 45
    texts: list[object] = [contest.title for contest in contests]
    for contest in contests:
        for project in contest.projects:
            assert isinstance(project.place, str) and project.place
            texts += [project.title, project.category, project.description]
    for text in texts:
        assert isinstance(text, dict) and set(text) == set(LANGUAGES)
        assert all(text.values())
    titles: list[Texts] = [p.title for contest in contests for p in contest.projects]
    for language in LANGUAGES:
        assert len({title[language] for title in titles}) == 45


def test_it_is_an_election_like_any_other(made: Path) -> None:
    checked = call("check", made)
    assert checked.code == 0, checked.said


def test_the_kiosk_is_open_and_takes_each_card(
    demo: Path, election: Election, tryout: Tryout
) -> None:
    with Poll.open_in(demo, read_settings(demo), now=now) as poll:
        assert (poll.name, poll.state) == ("kiosk-1", "open")
        for card in tryout.cards:
            voter = voter_of_card(election, card.text)
            assert objection(poll.box, voter) is None
            assert voter_of_code(election, card.typed, poll.find).certificate == voter.certificate


def test_the_first_card_is_of_somebody_who_voted_online(
    made: Path, election: Election, tryout: Tryout
) -> None:
    register = RegistriesAtHand(made, election)
    assert register.here == {"mairie", "salle"}
    online = list(log_at(made / "boxes" / "online").checked(election.box_keys["online"]))
    voters = [voter_of_card(election, card.text).certificate.pseudonym for card in tryout.cards]
    from base64 import b64encode

    voted = [any(b64encode(p) in entry for entry in online) for p in voters]
    assert voted[0] and not any(voted[1:])


def test_the_officials_can_sign_in(made: Path, tryout: Tryout) -> None:
    keepers = Keepers(kiosk_folder(made, "kiosk-1"), monotonic=time.monotonic)
    for official in tryout.officials:
        assert keepers.check(official.card, official.pin) == Right(official.role)


def test_made_once_it_goes_on_and_force_begins_anew(demo: Path) -> None:
    before = (demo / "manifest.note").read_bytes()
    again = call("tryout", "make", "--out", demo)
    assert again.code == 0 and "goes on where it was" in again.err
    assert (demo / "manifest.note").read_bytes() == before
    assert call("tryout", "make", "--out", demo, "--force").code == 0
    anew = (demo / "manifest.note").read_bytes()
    assert anew != before
    (demo / "tryout.json").unlink()  # cut off while it was made
    assert call("tryout", "make", "--out", demo).code == 0
    assert (demo / "manifest.note").read_bytes() != anew


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "roll.db").write_text("the town's")
    for options in ((), ("--force",)):
        refused = call("tryout", "make", "--out", tmp_path, *options)
        assert refused.code == 1 and "there is something already" in refused.said
    assert call("tryout", "cards", "--out", tmp_path).code == 1


def test_cards_are_listed_and_drawn(made: Path, tryout: Tryout) -> None:
    listed = call("tryout", "cards", "--out", made)
    for card in tryout.cards:
        assert card.typed in listed.out
    assert all(pin in listed.out for pin in PINS.values())
    drawn = call("tryout", "cards", "--qr", "2", "--out", made)
    assert drawn.code == 0 and set(drawn.out) <= set("█▀▄ \n")
    assert text_of(tryout, "2") == tryout.cards[1].text
    assert text_of(tryout, "president").startswith("PBVOTE1/O/")
    with pytest.raises(InputError, match="no card '9'"):
        text_of(tryout, "9")


def test_scanning_into_nothing_says_so(made: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TMUX_TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [PROGRAM, "tryout", "scan", "1", "--out", made],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1 and "the demo isn't running" in done.stderr


def test_without_a_terminal_the_two_commands_are_named(made: Path) -> None:
    started = call("tryout", "start", "--out", made)
    assert started.code == 0
    assert started.lines[-2].endswith(f"pbvote-kiosk vote {made}")
    assert started.lines[-1].endswith(f"pbvote-kiosk desk {made}")


def open_menu(terminal: Terminal) -> None:
    """F11, again if tmux was still drawing another window over it."""
    for _ in range(10):
        terminal.type("F11")
        with suppress(AssertionError):
            terminal.wait_for("End kiosk and desk", patience=3)
            return
    raise AssertionError(f"no menu on the screen:\n{terminal.text}")


def scan(terminal: Terminal, entry: str) -> None:
    """Choose a card in the menu, until its ballot is there: a busy machine may cut a scan."""
    for _ in range(3):
        terminal.type(entry)
        with suppress(AssertionError):
            terminal.wait_for("Toute la commune", "1 sur 5", patience=10)
            return
        open_menu(terminal)
    raise AssertionError(f"no ballot on the screen:\n{terminal.text}")


def test_kiosk_and_desk_in_a_small_terminal(demo: Path, sockets: Path) -> None:
    start: list[str | Path] = [PROGRAM, "tryout", "start", "--out", demo]
    with Terminal(start, env={"TMUX_TMPDIR": str(sockets)}) as terminal:
        terminal.wait_for("Enter begins")
        terminal.type("Enter")
        terminal.wait_for("Budget participatif", "F1 ")
        open_menu(terminal)
        terminal.wait_for("PIN 271828")
        scan(terminal, "1")
        terminal.type("F12")
        terminal.wait_for("émargée")
        terminal.type("F12")
        terminal.wait_for("Toute la commune")
        open_menu(terminal)
        terminal.type("q")
        terminal.wait_for("Ended. ")
        terminal.wait_end()
    with Poll.open_in(demo, read_settings(demo), now=now) as poll:  # nobody holds it any more
        assert poll.numbers.cast == 0


def test_side_by_side_in_a_wide_terminal(demo: Path, sockets: Path) -> None:
    start: list[str | Path] = [PROGRAM, "tryout", "start", "--out", demo]
    with Terminal(start, size=(165, 36), env={"TMUX_TMPDIR": str(sockets)}) as terminal:
        terminal.wait_for("Enter begins")
        terminal.type("Enter")
        terminal.wait_for("Budget participatif", "émargée", "F11 scan a card")
        terminal.type("F12")
        terminal.write("noel")  # at the desk
        terminal.wait_for("4 personnes")
        terminal.type("Down", "Enter")
        terminal.wait_for("Remettre une carte")
        terminal.type("Enter")
        terminal.wait_for("Carte pour")
        open_menu(terminal)
        scan(terminal, "9")  # the card on the desk's screen
        terminal.type("F12", "Escape")
        terminal.wait_for("Essayer")
        open_menu(terminal)
        terminal.type("b")
        terminal.wait_gone("PIN 271828")
        terminal.wait_for("PIN")
        open_menu(terminal)
        terminal.type("q")
        terminal.wait_for("Ended. ")
        terminal.wait_end()
