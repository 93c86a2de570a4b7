"""ceremony.json: a 2-of-3 key made by an independent implementation."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Vectors
from pbvote.core import threshold


@pytest.fixture(scope="module")
def made(vectors: Vectors) -> Any:
    return vectors.json("ceremony.json")


def scalars(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_each_trustee(made: Any) -> None:
    ceremony = bytes.fromhex(made["ceremony"])
    all_commitments = [scalars(trustee["commitments"]) for trustee in made["trustees"]]
    for trustee in made["trustees"]:
        i, coefficients = trustee["index"], scalars(trustee["coefficients"])
        assert len(coefficients) == made["threshold"]
        commitments = threshold.commit(coefficients)
        assert commitments == scalars(trustee["commitments"])
        proof = threshold.KeyProof(*scalars([trustee["proof"]["K"], trustee["proof"]["z"]]))
        threshold.verify_key_proof(ceremony, i, commitments, proof)
        threshold.verify_key_proof(
            ceremony, i, commitments, threshold.prove_key(ceremony, i, coefficients)
        )
        for j, share in trustee["shares_for"].items():
            assert threshold.share_for(coefficients, int(j)).hex() == share
            threshold.check_share(bytes.fromhex(share), int(j), commitments)
        received = [other["shares_for"][str(i)] for other in made["trustees"]]
        assert threshold.combine_shares(scalars(received)).hex() == trustee["share"]
        assert threshold.public_share(i, all_commitments).hex() == trustee["public_share"]
    assert threshold.election_key(all_commitments).hex() == made["key"]


def test_lagrange_weights(made: Any) -> None:
    for numbers, weights in made["lagrange"].items():
        computed = threshold.lagrange_weights([int(i) for i in numbers.split(",")])
        assert {str(i): weight.hex() for i, weight in computed.items()} == weights
