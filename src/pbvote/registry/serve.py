"""A desk's public log over HTTP, read-only: for other desks on the same network (`exchange`).

Only ``GET /registry/<own name>/checkpoint`` and ``…/tile/…``; nothing private lies there, and
whoever reads checks it against the manifest's key. No line of it is logged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Lock, Thread
from typing import Any

from pbvote.core.errors import EncodingError, InputError, StorageError
from pbvote.core.tiles import CHECKPOINT, parse_path

AT_ONCE = 16  # connections; more are closed
PER_ADDRESS = 4
"""Connections of one address: who sends drop by drop keeps no other desk out."""
_SECONDS = 5


def address_of(text: str) -> tuple[str, int]:
    """HOST:PORT, or PORT for all of this machine's addresses; InputError otherwise."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 <= int(port[:6]) < 65536):
        raise InputError(f"{text!r} isn't an address", hint="Write 8080, or 10.0.0.2:8080")
    return host or "0.0.0.0", int(port)  # noqa: S104  the officials say which network it is


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "pbvote", ""
    timeout = _SECONDS

    def __init__(self, *args: Any, folder: Path, name: str) -> None:
        self._folder, self._prefix = folder, f"/registry/{name}/"
        super().__init__(*args)

    def do_GET(self) -> None:
        data = self._file()
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _file(self) -> bytes | None:
        path = self.path.removeprefix(self._prefix)
        if path == self.path:
            return None
        try:
            if path != CHECKPOINT:
                parse_path(path)  # its one spelling: nothing else is looked at on the disk
            return (self._folder / path).read_bytes()
        except (EncodingError, OSError):
            return None

    def log_message(self, *_: object) -> None:
        """Who asks is nobody's business."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 2 * AT_ONCE

    def __init__(self, *args: Any) -> None:
        self._busy: Counter[str] = Counter()  # connections by address
        self._counting = Lock()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._enter(client_address[0]):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def _enter(self, host: str) -> bool:
        with self._counting:
            free = self._busy.total() < AT_ONCE and self._busy[host] < PER_ADDRESS
            if free:
                self._busy[host] += 1
            return free

    def process_request_thread(self, request: socket | tuple[bytes, socket], address: Any) -> None:
        try:
            super().process_request_thread(request, address)
        finally:
            with self._counting:
                self._busy[address[0]] -= 1
                self._busy += Counter()  # addresses with none are forgotten

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that went away."""


@contextmanager
def serving(folder: Path, name: str, address: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """Offer the log exported in `folder` as this registrar's, until left; the address taken.

    Port 0 takes any. StorageError if the address can't be had.
    """
    try:
        server = _Server(address, partial(_Handler, folder=folder, name=name))
    except OSError as error:
        raise StorageError(
            f"can't listen there ({error.strerror})",
            where=f"{address[0]}:{address[1]}",
            hint="Is another program on this port, or the network down?",
        ) from None
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield address[0], server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
