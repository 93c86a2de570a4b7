"""The results site that `pbvote-tally publish` writes: plain files, for any web host or a stick.

`publish.build` reads the published bundle and makes every file; nothing here counts.
"""
