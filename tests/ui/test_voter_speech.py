"""What a voter hears along a whole vote, in two languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from election_builder import make_contest
from kiosk_host import Host, RecordingSpeaker, make_host
from pbvote_kiosk.ballot.ballot_screen import BallotScreen
from pbvote_kiosk.ballot.review_screen import ReviewScreen
from pbvote_kiosk.officials.settings import Settings
from pbvote_kiosk.voter.receipt import ReceiptScreen
from pbvote_kiosk.voter.seal import Seal, spelled
from pbvote_kiosk.voter.waiting import Countdown
from pbvote_kiosk.voter.welcome import Welcome


class Ear:
    """Hears what was said since it listened last; all of it in one language."""

    def __init__(self, speaker: RecordingSpeaker, language: str) -> None:
        self._speaker, self._language, self._heard = speaker, language, 0

    async def hears(self, pilot: Pilot[None], *texts: str) -> str:
        """These, in this order."""
        for _ in range(100):
            await pilot.pause(0.01)
            new = self._speaker.said[self._heard :]
            said = " | ".join(text for _, text in new).replace("\xa0", " ")
            places = [said.find(text.replace("\xa0", " ")) for text in texts]
            if min(places) >= 0:
                break
        assert min(places) >= 0, (texts, said)
        assert places == sorted(places), (texts, said)
        assert {language for language, text in new if text} <= {self._language}
        self._heard += len(new)
        return said


SAID = {
    "en": {
        "welcome": ("Participatory budget", "Please scan your voting card", "in front of"),
        "ballot": ("Choose up to 3 projects", "Project ", "not chosen"),
        "chosen": ("chosen", "you can choose 2 more"),
        "review": ("You have not voted yet", "Project "),
        "seal": ("Sealed, but not yet in the box.", "This is not yet a vote.", "arrow keys"),
        "cast": ("Cast my ballot. It goes into the box: that is your vote.",),
        "challenge": ("Check this machine. It is opened to show what was sealed.",),
        "away": ("Are you still there?", "In 20 seconds", "nothing is cast"),
        "receipt": ("Your vote is in the box.", "doesn't show how you voted", "Finish"),
        "help": ("Help", "This square is your receipt"),
    },
    "fr": {
        "welcome": ("Budget participatif", "Veuillez présenter votre carte de vote", "devant"),
        "ballot": ("Choisissez jusqu'à 3 projets", "Projet ", "pas choisi"),
        "chosen": ("choisi", "vous pouvez encore en choisir 2"),
        "review": ("Vous n'avez pas encore voté", "Projet "),
        "seal": ("Scellé, mais pas encore dans l'urne.", "Ceci n'est pas encore un vote.", "flèch"),
        "cast": ("Déposer mon bulletin. Il va dans l'urne\u00a0: c'est votre vote.",),
        "challenge": ("Vérifier cette machine. Il est ouvert, pour montrer ce qui est scellé.",),
        "away": ("Êtes-vous encore là\u00a0?", "Dans 20 secondes", "rien n'est déposé"),
        "receipt": ("Votre vote est dans l'urne.", "ne montre pas ce que", "Terminer"),
        "help": ("Aide", "Ce carré est votre reçu"),
    },
}


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_a_whole_vote_can_be_heard(tmp_path: Path, language: str) -> None:
    speaker, said = RecordingSpeaker(), SAID[language]
    settings = Settings(languages=["en", "fr"], speech=True)
    with make_host(
        tmp_path / "t", contests=[make_contest()], settings=settings, speaker=speaker
    ) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            ear = Ear(speaker, language)
            if language == "fr":
                await Ear(speaker, "en").hears(pilot, "Please scan")
                speaker.said.clear()
                await pilot.press("f2")
            await ear.hears(pilot, *said["welcome"])
            tracker = await vote_by_ear(host, pilot, ear, said)
            await pilot.press("enter")
            await host.until(pilot, ReceiptScreen)
            await ear.hears(pilot, *said["receipt"][:1], spelled(tracker), *said["receipt"][1:])
            await pilot.press("f1")
            await ear.hears(pilot, *said["help"])
            await pilot.press("escape")
            await host.until(pilot, ReceiptScreen)
            await ear.hears(pilot, spelled(tracker))
            await pilot.press("f6")
            await ear.hears(pilot, *said["receipt"])
            await pilot.press("f7")
            await ear.hears(pilot, *said["receipt"])
            assert speaker.rate == 130
            await pilot.press("enter")
            await host.until(pilot, Welcome)
            await pilot.pause(0.1)
            assert speaker.said[-1][0] == "en"
            assert speaker.rate == 160
            assert not any("PBVOTE1" in text for _, text in speaker.said)


async def vote_by_ear(
    host: Host, pilot: Pilot[None], ear: Ear, said: dict[str, tuple[str, ...]]
) -> bytes:
    """From the card to the question, "cast" in focus; the tracker."""
    await host.scan(pilot, host.folder.card(1))
    await host.until(pilot, BallotScreen)
    await ear.hears(pilot, *said["ballot"])
    await pilot.press("enter")
    await ear.hears(pilot, *said["chosen"])
    await pilot.press("f10")
    await host.until(pilot, ReviewScreen)
    await ear.hears(pilot, *said["review"])
    await pilot.press("f10")
    await host.until(pilot, Seal)
    assert isinstance(host.screen, Seal)
    tracker = host.screen._tracker
    await ear.hears(pilot, *said["seal"][:2], spelled(tracker), said["seal"][2])
    await host.wait(pilot, 90)
    await host.until(pilot, Countdown)
    await ear.hears(pilot, *said["away"])
    await pilot.press("x")
    await host.until(pilot, Seal)
    await ear.hears(pilot, *said["seal"])
    await pilot.press("down")
    await ear.hears(pilot, *said["cast"])
    await pilot.press("down")
    await ear.hears(pilot, *said["challenge"])
    await pilot.press("up")
    await ear.hears(pilot, *said["cast"])
    return tracker


async def test_silence_stays_silent(tmp_path: Path) -> None:
    speaker = RecordingSpeaker()
    with make_host(tmp_path / "t", contests=[make_contest()], speaker=speaker) as host:
        async with host.app.run_test(size=(80, 24)) as pilot:
            await host.until(pilot, Welcome)
            await pilot.press("down")
            await pilot.pause(0.1)
            assert not any(text for _, text in speaker.said)
            await pilot.press("f5")
            await Ear(speaker, "en").hears(pilot, "Please scan your voting card", "Français")
            await host.wait(pilot, 90)
            await host.until(pilot, Welcome)
            assert not host.app.speaks
