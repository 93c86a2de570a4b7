"""Lines break at spaces, but an amount and a French sign stay with what they belong to."""

from __future__ import annotations

import pytest
from textual.content import Content

from pbvote.unbroken import hold_together
from pbvote_kiosk.language import Words

TEXT = "Trop cher\u00a0: il manque 20\u00a0000\u00a0€. Retirez-en « un »."


@pytest.mark.parametrize("width", range(10, 46))
def test_nothing_breaks_at_a_no_break_space(width: int) -> None:
    hold_together()
    lines = [line.plain.rstrip() for line in Content(TEXT).wrap(width)]
    assert " ".join(lines) == TEXT
    assert all(len(line) <= width for line in lines)
    assert any("20\u00a0000\u00a0€." in line for line in lines)


def test_a_word_too_long_is_still_folded() -> None:
    hold_together()
    assert [line.plain.strip() for line in Content("aaaaaaaa bb").wrap(4)] == ["aaaa", "aaaa", "bb"]


def test_french_signs_are_held_in_every_text() -> None:
    words = Words("fr")
    assert words("Stop voting?") == "Arrêter de voter\u00a0?"
    assert words("{project}: {state}", project="a", state="b") == "a\u00a0: b"
    text = words("If you only wanted to look: press “Finish”. Everything stays as it is.")
    assert "«\u00a0Terminer\u00a0»" in text and "regarder\u00a0:" in text
