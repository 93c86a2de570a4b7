"""A trustee's folder, the ceremony that makes the election's key, and what a trustee decides."""

from pbvote.trustee.folder import (
    KEY,
    STATE,
    AgreedKey,
    OpenFolder,
    Secret,
    add_in_order,
    destroy_share,
    sign_addendum,
    sign_manifest,
    try_opening,
)

__all__ = [
    "KEY",
    "STATE",
    "AgreedKey",
    "OpenFolder",
    "Secret",
    "add_in_order",
    "destroy_share",
    "sign_addendum",
    "sign_manifest",
    "try_opening",
]
