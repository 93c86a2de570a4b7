"""The desk: people checked in, cards handed out."""
