"""What a receipt printer prints for a voter."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from pbvote.core.ballot import short_tracker
from pbvote.core.election import Election
from pbvote.core.encoding import unix_time
from pbvote.core.receipt import SignedReceipt, receipt_text
from pbvote.receipts import OpenedContest
from pbvote_kiosk.language import Words
from pbvote_kiosk.ports import Code, Line, Rule, Slip
from pbvote_kiosk.voter.opened import opened_lines


def text_of(signed: SignedReceipt, election: Election) -> str:
    """`PBVOTE1/R/…`."""
    return receipt_text(signed, election.box_position(signed.receipt.box))


def receipt_url(election: Election) -> str:
    """The page where receipts are looked up; "" if the manifest names none."""
    url = election.manifest.receipt_url
    return "" if url is UNSET else url


def receipt_slip(signed: SignedReceipt, election: Election, words: Words) -> Slip:
    """The receipt of a ballot that was cast."""
    return [
        *_head(election, words),
        Line(words("Your vote is in the box"), bold=True, centred=True),
        *_proof(signed, election, words),
        Line(words("Your receipt doesn't show how you voted."), centred=True),
    ]


def challenge_slip(
    signed: SignedReceipt, parts: Sequence[OpenedContest], election: Election, words: Words
) -> Slip:
    """The opening of a ballot that was challenged, and how to check it elsewhere."""
    lines: list[Line | Code | Rule] = []
    for part in parts:
        lines.append(Line(words.text(part.contest.title), bold=True))
        lines += [Line(f"  {line}") for line in opened_lines(part, election, words)]
    number = short_tracker(signed.receipt.tracker)
    return [
        *_head(election, words),
        Line(words("This ballot was opened. It doesn't count."), bold=True),
        Line(words("The machine had sealed this")),
        *lines,
        *_proof(signed, election, words),
        Line(
            words(
                "Anybody can check this once the box is published: pbvote receipt challenge"
                " {number}",
                number=number,
            )
        ),
    ]


def _head(election: Election, words: Words) -> list[Line | Code | Rule]:
    test = [Line("TEST", size=2, bold=True, centred=True)] if election.is_test else []
    return [*test, Line(words.text(election.manifest.title), centred=True), Rule()]


def _proof(signed: SignedReceipt, election: Election, words: Words) -> list[Line | Code | Rule]:
    receipt, url = signed.receipt, receipt_url(election)
    text = text_of(signed, election)
    moment = words.moment(unix_time(receipt.at), election.manifest.time_zone)
    return [
        Code(f"{url}/{text}" if url else text),
        Line(short_tracker(receipt.tracker), size=2, bold=True, centred=True),
        Line(f"{receipt.box} · {moment}", centred=True),
    ]
