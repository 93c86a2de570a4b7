"""The public count on the wall: what is done is done by `work`, the rest only shows it."""
