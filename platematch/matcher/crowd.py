"""The formats of ordinary plates with the channel, as the background's kernel takes them: all patterns side by side."""

from __future__ import annotations

import numpy as np

from platematch.matcher.kernels import Channel, Crowd, Formats


def crowd_of(formats: Formats, channel: Channel) -> Crowd:
    """The patterns, the longest first, and the emissions of the rows that they have, by symbol."""
    order = np.argsort(-formats.lengths, kind="stable")
    patterns, lengths = formats.patterns[order], formats.lengths[order].astype(np.int64)
    kinds = np.unique(patterns[np.arange(patterns.shape[1]) < lengths[:, None]])
    places = np.zeros(256, dtype=np.uint32)
    places[kinds] = np.arange(len(kinds))
    symbols = np.arange(channel.emit.shape[2])
    return Crowd(
        np.ascontiguousarray(places[patterns].T),
        lengths,
        formats.shares[order],
        np.ascontiguousarray(channel.emit[:, kinds].transpose(0, 2, 1)),
        np.ascontiguousarray(channel.own[kinds].T),
        np.ascontiguousarray(channel.emit[:, symbols, symbols]),
        channel.added,
        channel.gaps,
        channel.shares,
    )
