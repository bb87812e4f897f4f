"""What fronts ask of the owner, over a Unix socket: to settle reads, to take samples, for keys, for what was learnt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
from msgspec import Struct

from platematch.access import StoredKey
from platematch.matcher.record import CameraRead
from platematch.matcher.worth import Worths
from platematch.outcome import Told
from platematch.problem import Problem
from platematch.reads import Read

# Names of sockets in the service's private folder: for these calls, and for the requests that fronts pass on.
CALLS, API = "calls", "api"
SETTLE, KEYS, SAMPLE, WORTHS = "/settle", "/keys/", "/sample", "/worths"


class Handed(Struct, frozen=True):
    """A read that a front took in and checked. In JSON, which keeps the offset of its time as MessagePack does not."""

    read: Read
    received_at: datetime


class Settled(Struct, frozen=True, omit_defaults=True):
    """What became of one handed read: one of the three. failed: it counts for the whole request that it was part of."""

    told: Told | None = None
    rejected: Problem | None = None
    failed: Problem | None = None


class Setting(Struct, frozen=True):
    """All that a front is told when it starts. listener, memory: file descriptors that it has inherited."""

    settings: dict[str, str | int | float | bool]
    number: int
    listener: int
    memory: int
    secret: bytes
    folder: str


def _listed(table: object) -> object:
    if isinstance(table, np.ndarray):
        return table.tolist()
    raise NotImplementedError


def _table(kind: type, figures: object) -> object:
    return np.array(figures, dtype=np.float64)


encode = msgspec.json.Encoder(enc_hook=_listed).encode
decode_handed = msgspec.json.Decoder(list[Handed]).decode
decode_settled = msgspec.json.Decoder(Sequence[Settled]).decode
decode_sample = msgspec.json.Decoder(list[CameraRead]).decode
decode_worths = msgspec.json.Decoder(Worths, dec_hook=_table).decode
decode_key = msgspec.json.Decoder(StoredKey | None).decode
decode_problem = msgspec.json.Decoder(Problem).decode
decode_setting = msgspec.json.Decoder(Setting).decode
