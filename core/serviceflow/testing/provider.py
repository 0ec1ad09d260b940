"""A provider over real sockets: it accepts, refuses, hangs, drips, resets, and keeps count of what it took over."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Does:
    """What the provider does with a request.

    Args:
        takes: Whether it takes the message over.
        answer: ``status`` with ``body``, or ``hang``, ``drip`` (a byte a second), ``reset`` after reading.
        then: Called after the message was taken over and before the answer.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    takes: bool = True
    answer: str = "status"
    then: Callable[[], None] | None = None


class Provider:
    """Runs in threads of the test; ``taken`` counts hand-overs by key, ``seen`` holds every request."""

    def __init__(self) -> None:
        self.does = Does()
        self.script: list[Does] = []
        self.by_path: dict[str, Does] = {}
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.taken: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.released = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                provider._answer(self, body)

            do_GET = do_PUT = do_POST

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = handler.path.partition("?")[0]
        with self.lock:
            self.seen.append((handler.path, {k.lower(): v for k, v in handler.headers.items()}, body))
            if path == "/ask" and path not in self.by_path:
                key = json.loads(body)["key"]
                return self._write(handler, 200, {}, {"found": self.taken[key] > 0, "id": key})
            does = self.by_path.get(path) or (self.script.pop(0) if self.script else self.does)
            if does.takes and path not in self.by_path:
                self.taken[handler.headers.get("Idempotency-Key") or body.decode()] += 1
        if does.then is not None:
            does.then()
        if does.answer == "hang":
            self.released.wait(30)
            handler.close_connection = True
            return None
        if does.answer == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True
            return None
        if does.answer == "drip":
            return self._drip(handler)
        return self._write(handler, does.status, does.headers, {"ok": True} if does.body is None else does.body)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(30):
                if self.released.is_set():
                    return
                handler.wfile.write(b".")
                handler.wfile.flush()
                time.sleep(0.2)
        except OSError:
            return

    @staticmethod
    def _write(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: Any) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        try:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
        except OSError:  # the client was killed or gave up
            handler.close_connection = True
