"""`pbvote-kiosk spare-key` and `takeover`: a box goes on after its machine died."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The election's folder.")]
BoxName = Annotated[str, typer.Option("--box", help="The box's name.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="Its passphrase in a file, instead of asked for.")
]


def spare_key(
    folder: Folder,
    box: BoxName,
    to: Annotated[Path, typer.Option(help="A stick of its own, never that of the second copy.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write a box's key once more, sealed under a passphrase that two officials know.

    For `takeover`, if the machine dies. Put the stick into an envelope, seal and sign it, and keep
    it apart from the second copy. The kiosk must not be running.

    \b
    Example: pbvote-kiosk spare-key DIR --box kiosk-1 --to /media/envelope
    """
    from pbvote.at_hand import BOXES, now, own_folder
    from pbvote.files import load_election
    from pbvote.terminal import hint, passphrase, say
    from pbvote_kiosk.officials.events import Events
    from pbvote_kiosk.officials.poll import kiosk_folder
    from pbvote_kiosk.officials.settings import read_settings
    from pbvote_kiosk.officials.takeover import check_apart, save_spare_key

    election = load_election(folder)
    election.box(box)
    own_folder(folder, BOXES, box)
    check_apart(to, read_settings(folder).second)
    own = kiosk_folder(folder, box)
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    events = Events.open_in(own, election.slug, box, now=now)
    try:
        typed = passphrase(f"the spare key of {box}", passphrase_file, new=True)
        path = save_spare_key(folder, election, box, to, typed)
        events.note("spare-key")
    finally:
        events.close()
    say(str(path))
    hint("Into an envelope with it, sealed and signed; the passphrase goes with two officials.")


def takeover(
    folder: Folder,
    box: BoxName,
    copy: Annotated[
        Path, typer.Option(help="The dead machine's second copy, like STICK/demo-kiosk-1.db.")
    ],
    key: Annotated[Path, typer.Option(help="The box's spare key, like STICK2/demo-kiosk-1.key.")],
    officials: Annotated[
        list[str], typer.Option("--official", help="The role of an official who acts; give two.")
    ],
    reason: Annotated[
        str, typer.Option(prompt="What happened to the old machine", help="What happened.")
    ],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Let this machine go on as a box whose machine died; nothing that was cast is lost.

    Every entry and the checkpoint are checked against the manifest first. The old machine must
    never start again as this box: lock it away. If its own disk can still be read, take its
    boxes/NAME folder instead, which has even what a missing second copy would lack.

    \b
    Example: pbvote-kiosk takeover DIR --box kiosk-1 --copy /media/copy/demo-kiosk-1.db
        --key /media/envelope/demo-kiosk-1.key --official mayor --official clerk
    """
    from pbvote.at_hand import now
    from pbvote.files import load_election
    from pbvote.terminal import hint, passphrase, say
    from pbvote.words import plural
    from pbvote_kiosk.officials.takeover import take_over

    election = load_election(folder)
    taken = take_over(
        folder,
        election,
        box,
        copy=copy,
        key=key,
        passphrase=passphrase(f"the spare key of {box}", passphrase_file),
        reason=reason,
        by=officials,
        now=now,
    )
    say(
        f"{box}: {plural(taken.cast, 'ballot')} cast, {taken.challenged} challenged,"
        f" {plural(taken.size, 'entry')} in the log{', closed' if taken.closed else ''}"
    )
    say(f"root {taken.root}")
    hint("THE OLD MACHINE MUST NEVER START AGAIN AS THIS BOX. Switch it off, lock it away.")
    hint("Add the officials here (pbvote-kiosk official add), then start: pbvote-kiosk vote")
    hint("It starts paused: compare with the last report on paper, then let voting go on.")
