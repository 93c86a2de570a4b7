"""Reading aloud through speech-dispatcher or espeak-ng, whichever the machine has.

A thread of its own starts the program, gives it the text by standard input (not as an argument:
those can be seen by others on the machine, and one could be an option), and waits for its end.
What fails is silent: nobody votes by sound alone, the screen says the same.
"""

from __future__ import annotations

import atexit
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence

from pbvote_kiosk.ports import NoSpeaker, Speaker

Command = Callable[[str, int], Sequence[str]]
"""From language and words a minute to a program that reads the text from its standard input."""

_NORMAL = 170
"""Words a minute, speech-dispatcher's rate 0; its 100 is some 390, its -100 some 80."""


class CommandSpeaker:
    """A program a text; `silence` is run before each if the speech outlasts the program."""

    def __init__(self, command: Command, *, silence: Sequence[str] = ()) -> None:
        self._command, self._silence = command, silence
        self._rate = 160
        self._wake = threading.Condition()
        self._next: tuple[Sequence[str], str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        atexit.register(self.stop)

    def say(self, text: str, language: str) -> None:
        # A line that begins with `!-!` is a command to speech-dispatcher.
        line = " ".join(re.sub("!(?=-!)", "", text).split())
        self._take(self._command(language, self._rate), line)

    def stop(self) -> None:
        if self._thread is not None:
            self._take((), "")

    def set_rate(self, words: int) -> None:
        self._rate = words

    def _take(self, command: Sequence[str], text: str) -> None:
        with self._wake:
            self._next = command, text
            if self._process is not None:
                self._process.kill()
            self._wake.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="speech", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._speak(*self._taken())

    def _taken(self) -> tuple[Sequence[str], str]:
        with self._wake:
            self._wake.wait_for(lambda: self._next is not None)
            taken, self._next = self._next, None
            return taken or ((), "")

    def _speak(self, command: Sequence[str], text: str) -> None:
        if self._silence:
            self._do(self._silence, "")
        if text:
            self._do(command, text)

    def _do(self, command: Sequence[str], text: str) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell, and no text in it
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            return
        with self._wake:
            self._process = process
            if self._next is not None:  # something newer came while it started
                process.kill()
        process.communicate(text.encode())
        with self._wake:
            self._process = None


def espeak(path: str, *more: str) -> Command:
    """espeak-ng: the program ends with the speech."""
    return lambda language, rate: (path, "-v", _voice(language), "-s", str(rate), "--stdin", *more)


def speech_dispatcher(path: str) -> Command:
    """spd-say: its daemon goes on after the program's end; messages queue one after another."""

    def command(language: str, rate: int) -> Sequence[str]:
        scale = 220 if rate > _NORMAL else 90
        points = max(-100, min(100, round((rate - _NORMAL) * 100 / scale)))
        return (path, "-P", "message", "-l", language, "-r", str(points), "-e")

    return command


def _voice(language: str) -> str:
    return "en-gb" if language == "en" else language


def find_speaker() -> Speaker:
    """What this machine can speak with."""
    if path := shutil.which("spd-say"):
        return CommandSpeaker(speech_dispatcher(path), silence=(path, "-C"))
    if path := shutil.which("espeak-ng"):
        return CommandSpeaker(espeak(path))
    return NoSpeaker()
