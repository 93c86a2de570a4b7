"""What every command of ours does alike: errors in one line, progress, passphrases, JSON.

Exit codes: 0 done; 1 one of our errors, said in one line on stderr; 2 the command line is wrong;
130 interrupted. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pbvote.core.errors import InputError, PbvoteError
from pbvote.words import harmless

if TYPE_CHECKING:
    from rich.progress import Progress

    from pbvote.core.note import VerifyKey


def run(app: Callable[[], Any]) -> NoReturn:
    """Run a command line and leave with its exit code; our errors never show a traceback."""
    try:
        app()
    except PbvoteError as error:
        hint("Error: " + " ".join(str(error).splitlines()))  # one line, whatever a file is called
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(0)


def say(text: str = "") -> None:
    """A line of the result, on stdout."""
    print(text)  # noqa: T201 - this is the command line


def hint(text: str) -> None:
    """A line beside the result, on stderr; file names and the like can't command the terminal."""
    print(harmless(text), file=sys.stderr)  # noqa: T201 - this is the command line


def say_json(value: Any) -> None:
    """The result for a program, on stdout."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def passphrase(what: str, file: Path | None, *, new: bool = False) -> str:
    """The first line of `file`, or what a person types without echo.

    A `new` one is typed twice; InputError if it is too short.
    """
    if file is not None:
        typed = _first_line(file)
        if new:
            _check_length(typed)
        return typed
    if not sys.stdin.isatty():
        raise InputError(
            f"the passphrase of {what} can't be asked for here",
            hint="Run it in a terminal, or give --passphrase-file",
        )
    from getpass import getpass

    if not new:
        return getpass(f"Passphrase of {what}: ")
    from pbvote.keyfile import MIN_PASSPHRASE

    typed = getpass(f"New passphrase of {what}, {MIN_PASSPHRASE} characters or more: ")
    _check_length(typed)
    if getpass("The same again: ") != typed:
        raise InputError("the two passphrases differ", hint="Begin again")
    return typed


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise InputError("no passphrase can be read there", where=str(file)) from None


def _check_length(typed: str) -> None:
    from pbvote.keyfile import check_passphrase

    check_passphrase(typed)


def commission_key(bundle: Path, given: str | None) -> VerifyKey:
    """The commission's vkey: as given (itself or its file), or the one beside the bundle, shown."""
    from pbvote.core.note import VerifyKey
    from pbvote.files import COMMISSION, read_vkey

    if given is not None:
        if _is_file(given):
            return read_vkey(Path(given))
        if "+" not in given or given.endswith(".vkey"):  # a vkey is name+id+key
            raise InputError(
                "no such file", where=given, hint="Give the commission's vkey, or a file with it"
            )
        return VerifyKey.parse(given.strip())
    absolute = bundle.resolve()
    for path in (absolute.with_suffix(".vkey"), absolute.parent / COMMISSION):
        if path.is_file():
            return show_key(read_vkey(path))
    raise InputError(
        "the commission's vkey isn't beside the bundle",
        where=str(bundle),
        hint="Give it as the town published it: --commission KEY or --commission FILE",
    )


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except OSError:  # a text that no file can be called
        return False


def show_key(key: VerifyKey) -> VerifyKey:
    """Show a key that nobody named, so that it is compared."""
    hint(f"Compare this key with the one the town published: {key.text}")
    return key


class Steps:
    """A Report drawn on stderr: ✓ and a line for each step done, a bar for the one under way."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._progress: Progress | None = None
        self._task: Any = None
        self._text = ""

    def __enter__(self) -> Steps:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn
            from rich.progress import TimeElapsedColumn as Elapsed

            text = TextColumn("… {task.description}", markup=False)
            columns = (text, BarColumn(bar_width=12), Elapsed())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.start()
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        self._finish("✓" if kind is None else "✗")
        if self._progress is not None:
            self._progress.stop()

    def step(self, text: str, total: int = 0, **values: object) -> None:
        """A step begins; the one before is done."""
        self._finish("✓")
        self._text = text.format(**values) if values else text
        if self._progress is not None:
            self._task = self._progress.add_task(self._text, total=total or None)

    def advance(self, parts: int) -> None:
        """So many parts of it are done."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, parts)

    def reach(self, done: int) -> None:
        """So many parts of it are done in all."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done)

    def note(self, text: str) -> None:
        """Something that a reader should know."""
        self._finish("✓")
        self._print(text)

    def _finish(self, mark: str) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.remove_task(self._task)
        if self._text:
            self._print(f"{mark} {self._text}")
        self._task, self._text = None, ""

    def _print(self, text: str) -> None:
        if self._quiet:
            return
        if self._progress is None:
            hint(text)
        else:
            self._progress.console.print(harmless(text), markup=False, highlight=False)
