"""The order in which a voter sees the projects: drawn from the card, so that none has an advantage.

Each project's place comes of SHA-256 keyed by the card's secret. Another card sees another order,
the same card the same one again, and nobody can tell the order from what is public.
"""

from __future__ import annotations

import hmac

from pbvote.core.manifest import Contest

_LABEL = b"pbvote/v1/order"


def project_order(code: bytes, contest: Contest) -> list[int]:
    """The projects' places in the manifest, in this card's order.

    `code`: secret bytes of the card; random ones for a mock ballot.
    """
    key = hmac.digest(code, _LABEL + b"\0" + contest.id.encode(), "sha256")
    draws = [hmac.digest(key, project.id.encode(), "sha256") for project in contest.projects]
    return sorted(range(len(draws)), key=draws.__getitem__)
