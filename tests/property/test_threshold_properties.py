"""Any t of n trustees open, fewer don't."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pbvote.core import group, threshold
from pbvote.core.errors import VerificationError
from pbvote.core.sealing import Context, first_elements, seal
from support import seeded


@st.composite
def cases(draw: st.DrawFn) -> tuple[int, int, list[int], int]:
    n = draw(st.integers(1, 5))
    t = draw(st.integers(1, n))
    opening = draw(st.lists(st.integers(1, n), min_size=1, max_size=n, unique=True))
    return t, n, opening, draw(st.integers(0, 2**32))


@settings(max_examples=40)
@given(cases())
def test_any_t_of_n_open(case: tuple[int, int, list[int], int]) -> None:
    t, n, opening, seed = case
    random = seeded(seed)
    polynomials = [threshold.polynomial(t, random) for _ in range(n)]
    commitments = [threshold.commit(polynomial) for polynomial in polynomials]
    key = threshold.election_key(commitments)
    messages = [group.hash_to_element("pbvote/test", bytes([i])) for i in range(2)]
    column = seal(messages, key, [group.random_scalar(random) for _ in messages])
    openings = {}
    for j in opening:
        received = [threshold.share_for(polynomial, j) for polynomial in polynomials]
        for share, of in zip(received, commitments, strict=True):
            threshold.check_share(share, j, of)
        secret, context = threshold.combine_shares(received), Context(bytes(32), "city", j)
        elements = first_elements(column)
        shares, proof = threshold.open_shares(context, secret, elements, random)
        public = threshold.public_share(j, commitments)
        threshold.verify_opening(context, public, elements, shares, proof)
        openings[j] = shares
    if len(opening) >= t:
        assert threshold.recover(column, openings, t) == messages
        return
    try:
        threshold.recover(column, openings, t)
    except VerificationError:
        assert threshold.recover(column, openings, len(opening)) != messages
    else:
        raise AssertionError("fewer than t opened")


@settings(deadline=None)
@given(st.sets(st.integers(1, 32), min_size=1, max_size=8), st.integers(0, 2**32))
def test_lagrange_weights_give_a_polynomial_at_zero(numbers: set[int], seed: int) -> None:
    coefficients = threshold.polynomial(len(numbers), seeded(seed))
    weights = threshold.lagrange_weights(sorted(numbers))
    values = [threshold.share_for(coefficients, i) for i in weights]
    assert group.sum_of_scalar_products(weights.values(), values) == coefficients[0]
