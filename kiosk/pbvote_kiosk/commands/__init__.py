"""The commands of `pbvote-kiosk`, a module a command."""
