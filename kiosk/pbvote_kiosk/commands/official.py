"""`pbvote-kiosk official`: who opens the officials' menu of a kiosk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pbvote.core.election import Election
    from pbvote_kiosk.officials.events import What
    from pbvote_kiosk.officials.keepers import Keepers

app = typer.Typer(
    help="Officials of a kiosk: their cards and PINs.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
BoxName = Annotated[
    str | None, typer.Option("--box", help="The kiosk's box; needed if this machine has several.")
]
Role = Annotated[str, typer.Option(help="What events and reports call the official: mayor, clerk.")]


@app.command()
def add(
    folder: Folder,
    role: Role,
    box: BoxName = None,
    out: Annotated[
        Path | None, typer.Option(help="A new private PDF with the card, to print.")
    ] = None,
    pin_file: Annotated[
        Path | None, typer.Option(help="The PIN in a file's first line, instead of asked for.")
    ] = None,
) -> None:
    """Make an official's card, and take its PIN, which is asked for twice.

    The card is shown once, as a square code in the terminal or with --out as PDF, and kept
    nowhere. Give roles, not names: they stand in events and on reports. Two officials open and
    close the poll together. The kiosk must not be running.

    \b
    Example: pbvote-kiosk official add DIR --role mayor --out mayor.pdf
    """
    from pbvote.core.errors import RefusedError
    from pbvote.core.group import system_random
    from pbvote.terminal import hint
    from pbvote_kiosk.officials.keepers import check_role

    check_role(role)
    if out is not None and out.exists():
        raise RefusedError("there is a file already", where=str(out), hint="Choose another name")
    with _Kiosk(folder, box) as kiosk:
        pin = _pin(role, pin_file)
        card = kiosk.keepers.add(role, pin, system_random)
        kiosk.note("official-added", role)
        _show(card, role, kiosk.election, out)
        if len(kiosk.keepers.roles) < 2:
            hint("Add a second official: two open and close the poll together.")


@app.command("list")
def list_(folder: Folder, box: BoxName = None) -> None:
    """The roles of a kiosk's officials.

    \b
    Example: pbvote-kiosk official list DIR
    """
    from pbvote.terminal import say

    with _Kiosk(folder, box) as kiosk:
        for role in kiosk.keepers.roles:
            say(role)


@app.command()
def remove(folder: Folder, role: Role, box: BoxName = None) -> None:
    """Let an official's card open nothing any more, as when it was lost.

    \b
    Example: pbvote-kiosk official remove DIR --role mayor
    """
    from pbvote.terminal import say

    with _Kiosk(folder, box) as kiosk:
        kiosk.keepers.remove(role)
        kiosk.note("official-removed", role)
    say(f"{role} removed")


class _Kiosk:
    """The officials and the event log of a kiosk that isn't running."""

    def __init__(self, folder: Path, box: str | None) -> None:
        import time

        from pbvote.at_hand import now
        from pbvote.files import load_election
        from pbvote_kiosk.officials.events import Events
        from pbvote_kiosk.officials.keepers import Keepers
        from pbvote_kiosk.officials.poll import box_here, kiosk_folder
        from pbvote_kiosk.officials.settings import read_settings, with_box

        settings = with_box(read_settings(folder), box)
        self.election: Election = load_election(folder)
        name = box_here(folder, settings, self.election)
        own = kiosk_folder(folder, name)
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._events = Events.open_in(own, self.election.slug, name, now=now)
        self.keepers: Keepers = Keepers(own, monotonic=time.monotonic)

    def note(self, what: What, role: str) -> None:
        """Write down what was done to whose card."""
        self._events.note(what, detail={"role": role})

    def __enter__(self) -> _Kiosk:
        return self

    def __exit__(self, *exc: object) -> None:
        self._events.close()


def _pin(role: str, file: Path | None) -> str:
    """A new PIN, typed twice, or a file's first line."""
    import sys
    from getpass import getpass

    from pbvote.core.errors import InputError
    from pbvote.files import read_bytes
    from pbvote_kiosk.officials.keepers import MIN_PIN, check_pin

    if file is not None:
        pin = read_bytes(file).decode("utf-8", "replace").partition("\n")[0].strip()
        check_pin(pin)
        return pin
    if not sys.stdin.isatty():
        raise InputError(
            "the PIN can't be asked for here", hint="Run it in a terminal, or give --pin-file"
        )
    pin = getpass(f"New PIN of {role}, {MIN_PIN} digits or more: ")
    check_pin(pin)
    if getpass("The same again: ") != pin:
        raise InputError("the two PINs differ", hint="Begin again")
    return pin


def _show(card: str, role: str, election: Election, out: Path | None) -> None:
    from pbvote.terminal import hint, say

    if out is None:
        for line in _drawn(card):
            say(line)
        hint(f"The card of {role}: take a photo or print it now; it is kept nowhere.")
        return
    from pbvote.files import write_bytes
    from pbvote_kiosk.language import Words
    from pbvote_kiosk.paper.slip import slip_pdf
    from pbvote_kiosk.ports import Code, Line, Rule, Slip

    languages: Sequence[str] = election.manifest.languages
    title = Words("en", languages[0]).text(election.manifest.title)
    test = [Line("TEST", size=2, bold=True, centred=True)] if election.is_test else []
    head = [*test, Line(title, bold=True), Line(role, size=2, bold=True)]
    slip: Slip = (*head, Rule(), Code(card))
    write_bytes(out, slip_pdf(slip, title=role), private=True)
    hint(f"The card of {role} is in {out}: print it, then destroy the file.")


def _drawn(text: str) -> list[str]:
    """A QR code for a dark terminal or a bright one: black on white, whatever the colours."""
    from pbvote.qr import half_blocks

    return [f"\x1b[30;107m{line}\x1b[0m" for line in half_blocks(text, border=2)]
