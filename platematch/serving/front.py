"""The process of a front: it ends when its owner does, from its first moment on, and so imports the rest later."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path


def main() -> None:
    """Run until SIGTERM, or until the owner is gone. The one argument: the descriptor of the pipe to the owner."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of the terminal; the owner decides
    with socket.socket(fileno=int(sys.argv[1])) as pipe:
        with pipe.makefile("rb") as lines:
            line = lines.readline()
        if not line:
            return
        folder = Path(json.loads(line)["folder"])
        threading.Thread(target=_end_with_owner, args=(pipe, folder), daemon=True).start()

        from platematch.serving.calls import decode_setting
        from platematch.serving.sieving import run

        run(decode_setting(line), pipe)


def _end_with_owner(pipe: socket.socket, folder: Path) -> None:
    """End at once when the owner does, whatever this process is at: nothing that needs the owner was acknowledged."""
    try:
        with contextlib.suppress(OSError):
            while pipe.recv(1):
                pass
        with contextlib.suppress(OSError):  # another front was faster
            for socket_ in folder.glob("*"):
                socket_.unlink(missing_ok=True)
            folder.rmdir()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
