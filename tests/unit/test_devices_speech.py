"""Speech with the real espeak-ng, and with a stand-in for speech-dispatcher's spd-say."""

from __future__ import annotations

import os
import shutil
import sys
import time
import wave
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from pbvote_kiosk.devices.speech import CommandSpeaker, espeak, find_speaker, speech_dispatcher
from pbvote_kiosk.ports import NoSpeaker

SPD_SAY = f"""#!{sys.executable}
import os, sys, time
text = sys.stdin.read()
with open(os.environ["SPOKEN"], "a") as out:
    out.write(repr((sys.argv[1:], text)) + chr(10))
"""
SLOW = "import sys, time; text = sys.stdin.read(); time.sleep(60)"


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


def children() -> set[str]:
    """This process's children, zombies included."""
    tasks = Path("/proc/self/task").iterdir()
    return {pid for task in tasks for pid in (task / "children").read_text().split()}


def seconds(path: Path) -> float:
    """How long a sound is; 0 if there is none yet."""
    try:
        with wave.open(str(path)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (FileNotFoundError, EOFError, wave.Error):
        return 0


@pytest.fixture
def voice() -> str:
    path = shutil.which("espeak-ng")
    if path is None:
        pytest.skip("needs espeak-ng, which isn't here")
    return path


@pytest.mark.parametrize("language", ["fr", "nl", "de", "en"])
def test_espeak_speaks_each_language(voice: str, language: str, tmp_path: Path) -> None:
    before = children()
    sound = tmp_path / "said.wav"
    speaker = CommandSpeaker(espeak(voice, "-w", str(sound)))
    speaker.say("Un deux trois quatre cinq six sept.", language)
    until(lambda: seconds(sound) > 0.5)
    until(lambda: children() == before)


def test_slower_takes_longer_and_a_text_is_no_option(voice: str, tmp_path: Path) -> None:
    before = children()

    def spoken_for(rate: int) -> float:
        sound = tmp_path / f"{rate}.wav"
        speaker = CommandSpeaker(espeak(voice, "-w", str(sound)))
        speaker.set_rate(rate)
        speaker.say("--version -f /etc/passwd, and what else there is to say.", "en")
        until(lambda: seconds(sound) > 0.5 and children() == before)
        return seconds(sound)

    assert spoken_for(100) > 1.4 * spoken_for(220)


def test_saying_interrupts_and_never_waits() -> None:
    before = children()
    speaker = CommandSpeaker(lambda language, rate: (sys.executable, "-c", SLOW))
    start = time.monotonic()
    for number in range(50):
        speaker.say(f"text {number}", "en")
    assert time.monotonic() - start < 1
    until(lambda: len(children() - before) == 1)
    speaker.stop()
    until(lambda: children() == before)


def test_a_program_that_fails_or_is_gone_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    before = children()
    fails = (sys.executable, "-c", "import sys; sys.exit('no sound card')")
    for command in (fails, ("/nonexistent/espeak-ng",)):
        speaker = CommandSpeaker(partial(_always, command))
        speaker.say("a" * 200_000, "en")
        speaker.say("b", "en")
        speaker.stop()
    until(lambda: children() == before)
    assert capfd.readouterr() == ("", "")


def _always(command: Sequence[str], language: str, rate: int) -> Sequence[str]:
    return command


def test_speech_dispatcher_is_silenced_first_and_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, spoken = tmp_path / "spd-say", tmp_path / "spoken"
    program.write_text(SPD_SAY)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SPOKEN", str(spoken))
    speaker = find_speaker()
    speaker.set_rate(100)
    speaker.say("!!-!-!SET self\nTitre", "fr")
    until(lambda: spoken.exists() and spoken.read_text().count("\n") == 2)
    assert spoken.read_text().splitlines() == [
        "(['-C'], '')",
        "(['-P', 'message', '-l', 'fr', '-r', '-78', '-e'], '!--!SET self Titre')",
    ]


def test_rates_are_those_of_speech_dispatcher() -> None:
    rates = [speech_dispatcher("spd-say")("en", words)[6] for words in (20, 170, 220, 390, 900)]
    assert rates == ["-100", "0", "23", "100", "100"]


def test_espeak_where_there_is_no_dispatcher_else_nothing(
    voice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(find_speaker(), NoSpeaker)
    (tmp_path / "espeak-ng").symlink_to(voice)
    assert isinstance(find_speaker(), CommandSpeaker)


def test_nothing_said_is_kept() -> None:
    speaker = CommandSpeaker(lambda language, rate: (sys.executable, "-c", "pass"))
    speaker.say("a secret", "en")
    until(lambda: speaker._next is None and speaker._process is None)
    assert "a secret" not in repr(vars(speaker))
