"""A line to a server that counts round trips, can lose the answer to a COMMIT, and can fall silent."""

from __future__ import annotations

import socket
import threading


class LossyLine:
    """Forwards connections to a port of this machine. losing: cut the line when the answer to a COMMIT is to pass.

    speaking: where it is not set, everything is taken and nothing forwarded, as by a server that hangs.

    turns: how often the client has spoken after the server had.
    """

    def __init__(self, port: int) -> None:
        self.losing = False
        self.speaking = threading.Event()
        self.speaking.set()
        self.turns = 0
        self._last = b""
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those there are end with their ends."""
        self.speaking.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._server))
            threading.Thread(target=self._forward, args=(client, server, b""), daemon=True).start()
            threading.Thread(target=self._forward, args=(server, client, b"COMMIT\0"), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, fatal: bytes) -> None:
        with source, sink:
            try:
                while data := source.recv(65536):
                    self.speaking.wait()
                    if self.losing and fatal and fatal in data:
                        self.losing = False
                        break
                    self.turns += not fatal and self._last != fatal
                    self._last = fatal
                    sink.sendall(data)
            except OSError:
                pass
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
