"""Who steps up: the commission's passphrase, a trustee's folder and passphrase, a stick."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pbvote.core.errors import PbvoteError
from pbvote_tally.show.dialogs import AskPassphrase, AskPlace, Notice, Question
from pbvote_tally.show.frame import Said

if TYPE_CHECKING:
    from pbvote_tally.show.app import ShowApp


async def ask_commission(show: ShowApp, title: Said, text: Said) -> str | None:
    """Whether the commission signs, and the passphrase of its key.

    "" if the key has none, None if it doesn't sign or nobody gave the passphrase.
    """
    answers: list[tuple[str, Said]] = [
        ("no", lambda _: _("Not yet")),
        ("yes", lambda _: _("Yes, sign it")),
    ]
    if await show.push_screen_wait(Question(title, text, answers)) != "yes":
        return None
    try:
        needed = show.work.needs_passphrase
    except PbvoteError as error:
        await show.tell(error)
        return None
    if not needed:
        return ""
    typed = await show.push_screen_wait(
        AskPassphrase(
            lambda _: _("The commission signs"),
            lambda _: _("The commission types its passphrase. Nobody sees it on the wall."),
        )
    )
    return typed or None


async def ask_trustee(show: ShowApp, number: int) -> tuple[Path, str] | None:
    """A trustee's folder and passphrase; None if it went away again."""
    name = show.work.election.manifest.trustees[number - 1].name
    folder = await show.push_screen_wait(
        AskPlace(
            lambda _: _("{name} steps up", name=name),
            lambda _: _("Where is the trustee's own folder?"),
            show.work.trustee_folders(number, show.found_sticks()),
        )
    )
    if folder is None:
        return None
    passphrase = await show.push_screen_wait(
        AskPassphrase(
            lambda _: _("{name} steps up", name=name),
            lambda _: _("{name} types the passphrase. Nobody sees it on the wall.", name=name),
        )
    )
    return (folder, passphrase) if passphrase else None


async def export_request(show: ShowApp) -> None:
    """Copy the bundle so far to a stick."""
    stick = await show.push_screen_wait(
        AskPlace(
            lambda _: _("Copy to a stick"),
            lambda _: _("Which stick is it copied to?"),
            show.found_sticks(),
        )
    )
    if stick is None:
        return
    written = await show.attempt(lambda: show.work.export_request(stick))
    if written is not None:
        await show.push_screen_wait(
            Notice(
                lambda _: _("Copied, and read back"),
                lambda _: _(
                    "On the stick it is {folder}. The trustee takes it to the machine where its"
                    " own folder is.",
                    folder=str(written),
                ),
            )
        )
