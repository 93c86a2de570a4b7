"""The bundle's fingerprint: one hash that stands for every file, to be read aloud and compared.

It is the SHA-256 of the text of results.note, which names every other file with its own (section
12); that text is the note's first line: `head -n 1 results.note | sha256sum`.
"""

from __future__ import annotations

import hashlib

from pbvote.core.encoding import to_base32
from pbvote.core.note import parse_note

CODE_PREFIX = "PBVOTE1/B/"
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
_WORDS = 8


def note_hash(note: bytes, where: str = "") -> bytes:
    """The SHA-256 of a note's text, 32 bytes; EncodingError if it is no note."""
    return hashlib.sha256(parse_note(note, where).text.encode("utf-8")).digest()


def in_words(digest: bytes) -> str:
    """The first 128 bits as eight words that read alike in every language.

    Proquints (D. Wilkerson, arXiv:0901.4016): 16 bits a word, four for each consonant, two for
    each vowel, the highest first.

    >>> in_words(bytes.fromhex("7f000001"))
    'lusab babad'
    """
    pairs = [digest[at : at + 2] for at in range(0, min(len(digest), 2 * _WORDS), 2)]
    return " ".join(_word(int.from_bytes(pair, "big")) for pair in pairs)


def _word(number: int) -> str:
    return "".join(
        letters[number >> shift & len(letters) - 1]
        for letters, shift in (
            (_CONSONANTS, 12),
            (_VOWELS, 10),
            (_CONSONANTS, 6),
            (_VOWELS, 4),
            (_CONSONANTS, 0),
        )
    )


def in_hex(digest: bytes) -> str:
    """All of it in groups of eight digits.

    >>> in_hex(bytes.fromhex("00112233445566778899"))
    '00112233 44556677 8899'
    """
    text = digest.hex()
    return " ".join(text[at : at + 8] for at in range(0, len(text), 8))


def code(digest: bytes) -> str:
    """What a QR code of it holds.

    >>> code(bytes(5))
    'PBVOTE1/B/AAAAAAAA'
    """
    return CODE_PREFIX + to_base32(digest)
