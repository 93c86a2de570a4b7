"""A ballot box: open, cast, challenge, close; a receipt only when the entry is on disk."""

from pbvote.box.box import KEY, LOG, Box, BoxStatus, hours

__all__ = ["KEY", "LOG", "Box", "BoxStatus", "hours"]
