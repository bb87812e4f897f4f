"""A process that reads pictures: one after the other from its standard input, each answered on its standard output.

A frame is four bytes of length, big-endian, and so many bytes: a picture one way, a Reply in MessagePack the other.
The first frame out is empty and says that the process is ready. It ends when its input ends, also when whoever
started it was killed, and takes the OCR engine and the temporary files with it.
"""

from __future__ import annotations

import os
import queue
import resource
import shutil
import signal
import struct
import sys
import tempfile
import threading
import traceback
from typing import BinaryIO

import msgspec

from platematch.errors import InvalidInput, PlatematchError, TooLarge
from platematch.recognition.sighted import Sighted

LENGTH = struct.Struct(">I")
NICENESS = 10
"""Matching and answering come first where the cores are short."""
MEMORY = 1 << 30
MEMORY_PER_PIXEL = 32
"""Address space in bytes: of the libraries and the engine, and for each pixel of the largest picture."""


class Found(msgspec.Struct, frozen=True, tag="found"):
    """The plates of a picture."""

    sighted: list[Sighted]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The picture is at fault, and would be again."""

    message: str
    too_large: bool


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The picture may be good."""

    message: str


Reply = Found | Refused | Failed


def main(max_pixels: int, timeout_s: float) -> None:
    """Answer pictures until the input ends. timeout_s: for one picture."""
    _limit_itself(MEMORY + MEMORY_PER_PIXEL * max_pixels)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not get between the answers
    pictures: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, pictures), daemon=True).start()
    import cv2

    from platematch.recognition.sight import recognise

    cv2.setNumThreads(1)
    _send(answers, b"")
    while True:
        picture = pictures.get()
        reply: Reply
        try:
            reply = Found(recognise(picture, max_pixels=max_pixels, timeout_s=timeout_s))
        except InvalidInput as error:
            reply = Refused(error.message, isinstance(error, TooLarge))
        except PlatematchError as error:
            reply = Failed(error.message)
        except Exception as error:  # noqa: BLE001 the edge of the worker's loop: the next picture is another one
            traceback.print_exc()
            reply = Failed(f"the picture could not be read: {type(error).__name__}; the service's log has the details")
        _send(answers, msgspec.msgpack.encode(reply))


def _limit_itself(memory: int) -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold the picture
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to all processes at once; the service decides when to end
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which the engine would inherit


def _receive(source: BinaryIO, pictures: queue.SimpleQueue[bytes]) -> None:
    """Hand over what comes, in a thread of its own, so that the input's end is seen in the middle of a picture, too."""
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        pictures.put(source.read(*LENGTH.unpack(head)))
    shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _send(sink: BinaryIO, content: bytes) -> None:
    sink.write(LENGTH.pack(len(content)) + content)
    sink.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
