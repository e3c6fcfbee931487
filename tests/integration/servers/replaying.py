"""What the tests with heavy servers share: what was installed, a platform on the loopback, what was read."""

import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from listening_etl import Deletion, Item, Malformed, Mention, NotAMention
from listening_etl.testing import Answer, Request
from tests.integration.servers.starting import SERVERS

INSTALL = "sh tests/integration/servers/install_heavy.sh"


def installed(pattern):
    """The files or folders in `.servers` of that pattern; none fails the test where CI is set, else skips it."""
    found = sorted(SERVERS.glob(pattern))
    if not found:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say(f"there is no {pattern} in {SERVERS}: {INSTALL}")
    return found


def read(source, options, items):
    """The mentions and deletions in items, by id; what is neither is left out, and nothing else may be raised."""
    found = {}
    for item in items:
        data = item.data if isinstance(item, Item) else item
        try:
            parsed = source.parse(data, options)
        except (NotAMention, Malformed):
            continue
        parsed = parsed if isinstance(parsed, list) else [parsed]
        found |= {one.native_id: one for one in parsed if isinstance(one, Mention | Deletion)}
    return found


@contextmanager
def answering(answer):
    """The address of a server that hands each `Request` to `answer`, which says an `Answer` or its content; None is a 404."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found = answer(Request(self.command, f"http://127.0.0.1{self.path}", headers, body))
            found = Answer({"error": 404, "message": "Not Found"}, 404) if found is None else found
            found = found if isinstance(found, Answer) else Answer(found)
            content, content_type = found.body()
            self.send_response(found.status)
            sent = {"content-type": content_type, "content-length": str(len(content)), **found.headers}
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
