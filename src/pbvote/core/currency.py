"""How many decimals a currency's amounts have; money here is integers of its smallest unit."""

from __future__ import annotations

_DECIMALS = {  # ISO 4217, where they aren't 2
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


def minor_digits(currency: str) -> int:
    """How many decimals an amount has (ISO 4217): 2 for all but a few.

    >>> minor_digits("EUR"), minor_digits("JPY"), minor_digits("TND")
    (2, 0, 3)
    """
    return next((n for n, codes in _DECIMALS.items() if currency in codes.split()), 2)
