"""`pbvote tryout`: a demo polling place, kiosk and desk, to try at once (`make kiosk`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pbvote.terminal import Steps, hint, say

if TYPE_CHECKING:
    from pbvote.cli.kiosk_demo import Tryout

app = typer.Typer(
    help="A demo polling place to try: the kiosk, the desk, cards, officials.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Out = Annotated[Path, typer.Option(help="The demo's folder.")]
OUT = Path("out/kiosk")


@app.command()
def start(
    out: Out = OUT,
    force: Annotated[bool, typer.Option("--force", help="Make a new one first.")] = False,
) -> None:
    """Start kiosk and desk on a made-up election with 400 people and five contests.

    The first time it is made, afterwards it goes on where it was. With tmux, kiosk and desk come up
    side by side, or one behind the other where the terminal has fewer than 161 columns; without
    it, the two commands are printed. F11 scans a card or ends, F12 goes to the other screen.

    \b
    Example: pbvote tryout start
    """
    from pbvote.cli import tmux

    make(out, force=force)
    program = str(tmux.program("pbvote-kiosk"))
    for line in lines(out):
        say(line)
    if not tmux.is_here():
        say("Start them in two terminals (with tmux, this command starts both):")
        say(f"  {program} vote {out}")
        say(f"  {program} desk {out}")
        return
    hall = tmux.Hall(out)
    if not hall.is_running():
        hall.start([program, "vote", str(out)], [program, "desk", str(out)], _menu(out))
    say("F11 scans a card or ends, F12 goes to the other screen. Enter begins.")
    input()
    hall.attach()
    hint(f"Ended. `pbvote tryout start --out {out}` goes on where it was; --force begins anew.")


@app.command()
def make(
    out: Out = OUT,
    force: Annotated[bool, typer.Option("--force", help="Make it anew.")] = False,
) -> None:
    """Make the demo's folder and start nothing; made already, it stays as it is.

    \b
    Example: pbvote tryout make --out out/kiosk
    """
    from pbvote.cli.demo_day import SIGN, clear
    from pbvote.cli.kiosk_demo import TRYOUT, make_demo

    if not force and (out / TRYOUT).exists():
        hint(f"{out} goes on where it was; --force makes a new one.")
        return
    unfinished = (out / SIGN).exists() and not (out / TRYOUT).exists()
    clear(out, force=force or unfinished)
    with Steps() as steps:
        make_demo(out, steps)


@app.command()
def cards(
    out: Out = OUT,
    qr: Annotated[str, typer.Option(help="Draw the code of this card, for a real scanner.")] = "",
) -> None:
    """The demo's cards to scan: of voters by number, of officials with their PIN.

    \b
    Example: pbvote tryout cards --qr 1
    """
    if not qr:
        for line in lines(out):
            say(line)
        return
    from pbvote.cli.kiosk_demo import read_tryout
    from pbvote.qr import half_blocks

    for line in half_blocks(text_of(read_tryout(out), qr), border=4):
        say(line)


@app.command()
def scan(
    what: Annotated[
        str,
        typer.Argument(
            help="A voter's number, an official's role, a text, or a screen: desk, kiosk."
        ),
    ],
    out: Out = OUT,
    at_desk: Annotated[
        bool, typer.Option("--at-desk", help="At the desk, not at the kiosk.")
    ] = False,
) -> None:
    """Scan a code into the running demo, as a scanner would: typed fast, then Enter.

    `desk` is the card on the desk's screen, `kiosk` the receipt on the kiosk's: read off the
    screen, as a phone does.

    \b
    Example: pbvote tryout scan 1
    Example: pbvote tryout scan desk
    """
    from pbvote.cli import tmux
    from pbvote.cli.kiosk_demo import read_tryout

    hall = tmux.Hall(out)
    if what in ("desk", "kiosk"):
        text = code_on(hall.shown(what), what)
    else:
        text = text_of(read_tryout(out), what)
    hall.type("desk" if at_desk else "kiosk", text)


@app.command()
def stop(out: Out = OUT) -> None:
    """End the running demo; what was cast stays.

    \b
    Example: pbvote tryout stop
    """
    from pbvote.cli import tmux

    tmux.Hall(out).stop()


def _menu(out: Path) -> dict[str, list[str]]:
    """What can be scanned at the kiosk, and the command that does."""
    from pbvote.cli import tmux
    from pbvote.cli.kiosk_demo import read_tryout

    scan = [str(tmux.program("pbvote")), "tryout", "scan", "--out", str(out.absolute())]
    tryout = read_tryout(out)
    menu = {f"Card of {c.person}": [*scan, str(n)] for n, c in enumerate(tryout.cards, 1)}
    menu |= {"The card on the desk's screen": [*scan, "desk"]}
    menu |= {"The receipt on the kiosk's screen": [*scan, "kiosk"]}
    return menu | {f"Card of the {o.role}, PIN {o.pin}": [*scan, o.role] for o in tryout.officials}


def lines(out: Path) -> list[str]:
    """What there is to scan."""
    from pbvote.cli.kiosk_demo import read_tryout

    tryout = read_tryout(out)
    texts = ["To scan at the kiosk, voters' cards:"]
    texts += [f"  {n}  {card.person:24} {card.typed}" for n, card in enumerate(tryout.cards, 1)]
    texts += ["and officials', for the menu:"]
    texts += [f"  {official.role:10} PIN {official.pin}" for official in tryout.officials]
    return [
        *texts,
        f"With `pbvote tryout scan 1 --out {out}`, or typed by hand; --qr draws a code.",
    ]


def text_of(tryout: Tryout, what: str) -> str:
    """The text that a scanner reads off this card; InputError if there is none."""
    from pbvote.core.errors import InputError

    texts = {str(number): card.text for number, card in enumerate(tryout.cards, 1)}
    texts |= {official.role: official.card for official in tryout.officials}
    if what in texts:
        return texts[what]
    if "/" in what:
        return what  # a receipt, or a card of elsewhere
    raise InputError(f"there is no card {what!r} here", hint=f"There are: {', '.join(texts)}")


def code_on(shown: list[str], screen: str) -> str:
    """The text of the square code that a screen shows; InputError if there is none."""
    import zxingcpp
    from PIL import Image

    from pbvote.core.errors import InputError

    dark = {"█": (0, 0), "▀": (0, 255), "▄": (255, 0)}
    lines = ["", "", *shown, "", ""]
    width = max(map(len, lines)) + 4
    rows = [
        bytes(dark.get(sign, (255, 255))[half] for sign in f"  {line}".ljust(width))
        for line in lines
        for half in (0, 1)
    ]
    picture = Image.frombytes("L", (width, len(rows)), b"".join(rows))
    found: list[str] = []
    for dots in (4, 3, 5):  # a camera is moved, too
        large = picture.resize((width * dots, len(rows) * dots), Image.Resampling.NEAREST)
        found += [code.text for code in zxingcpp.read_barcodes(large)]
    if not found:
        raise InputError(
            f"no square code is on the screen of the {screen}",
            hint="Let it show one: a card at the desk, a receipt at the kiosk",
        )
    return found[0]
