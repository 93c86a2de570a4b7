"""The tree of exceptions, and how a command shows one."""

from __future__ import annotations

import pickle

import pytest

from pbvote.core.errors import (
    BallotRefused,
    EncodingError,
    InputError,
    PbvoteError,
    VerificationError,
)
from pbvote.terminal import run


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = EncodingError("two fields", where="manifest.note", hint="Use it as it was")
    assert str(error) == "manifest.note: two fields. Use it as it was"
    assert str(error.at("bundle.zip")) == "bundle.zip: manifest.note: two fields. Use it as it was"


@pytest.mark.parametrize(
    "error",
    [VerificationError("false", where="x"), BallotRefused("revoked", "no", where="b", hint="ask")],
)
def test_an_error_comes_whole_from_a_worker(error: PbvoteError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_a_command_says_it_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise VerificationError("a link, not a file", where="evil\nname")

    with pytest.raises(SystemExit) as left:
        run(fail)
    assert left.value.code == 1
    assert capsys.readouterr().err == "Error: evil name: a link, not a file\n"


def test_a_file_name_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """It would show "Everything holds" where the error stands."""

    def fail() -> None:
        raise InputError("no file", where="\x1b[1A\x1b[2KEverything holds\x9b8m")

    with pytest.raises(SystemExit):
        run(fail)
    assert not set("\x1b\x9b") & set(capsys.readouterr().err)
