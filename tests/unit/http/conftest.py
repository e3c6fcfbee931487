"""A small real server that notes what it is asked, and clients with a clock of their own."""

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from listening_etl.http import Http

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Seen(NamedTuple):
    method: str
    path: str
    headers: dict
    body: bytes


class Server:
    """Answers each path with what `pages` holds: (status, headers, body), or a list of them, in turn."""

    def __init__(self):
        self.pages, self.seen = {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                headers = {name.lower(): value for name, value in self.headers.items()}
                sent = self.rfile.read(int(headers.get("content-length", 0)))
                outer.seen.append(Seen(self.command, self.path, headers, sent))
                answer = outer.pages.get(self.path.partition("?")[0], (404, {}, b""))
                if isinstance(answer, list):
                    answer = answer.pop(0) if len(answer) > 1 else answer[0]
                if answer is None:  # hang up without a word
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def start():
    """Starts a server; all are stopped in the end."""
    servers = []

    def start():
        servers.append(Server())
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def slept():
    return []


@pytest.fixture
def http(slept):
    with Http(allow_private=True, sleep=slept.append, now=lambda: NOW) as client:
        yield client
