"""The feed source against nginx: 304, 301, 410 and 429 as a real server says them."""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listening_etl import Item, Slice, SourceUnavailable, SourceUnreadable, Window
from listening_etl.http import Http
from plugins.sources.feed import Feed, FeedOptions
from tests.integration.servers.starting import free_port, listens, program, running

SAMPLES = Path(__file__).parents[2] / "contract" / "samples" / "feed"
SLICE = Slice(
    "coffee", "journal", Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
)
SETTINGS = """
pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off; worker_processes 1;
events {{}}
http {{
  access_log {folder}/access.log;
  types {{ application/rss+xml xml; }}
  charset utf-8; gzip on; gzip_min_length 1; gzip_types application/rss+xml;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/m;
  limit_req_status 429;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    location /moved {{ return 301 /rss.xml; }}
    location /gone {{ return 410; }}
    location /slow/ {{ alias {folder}/www/; limit_req zone=slow; add_header Retry-After 3600 always; }}
  }}
}}
"""


@pytest.fixture(scope="module")
def nginx():
    with tempfile.TemporaryDirectory(prefix="nginx-") as made:
        folder = Path(made)
        (folder / "www").mkdir()
        (folder / "www" / "rss.xml").write_bytes((SAMPLES / "rss.xml").read_bytes())
        for path in (folder, folder / "www"):  # its worker is another user when we are root
            path.chmod(0o755)
        port = free_port()
        (folder / "nginx.conf").write_text(SETTINGS.format(folder=folder, port=port), "utf-8")
        server = program("nginx", install="apt-get install nginx-light")
        command = [server, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
        with running(command, lambda: listens(port), folder):
            yield f"http://127.0.0.1:{port}", folder


def ids(address, http):
    found = Feed().fetch(FeedOptions(url=address), SLICE, http)
    return [Feed().parse(one.data, None).native_id for one in found if isinstance(one, Item)]


def log(folder):
    return [line.split('"')[1:3] for line in (folder / "access.log").read_text("utf-8").splitlines()]


def test_a_feed_that_did_not_change_is_not_sent_again(nginx):
    address, folder = nginx
    feed, cache = folder / "www" / "rss.xml", {}
    with Http(allow_private=True, cache=cache) as http:
        assert ids(f"{address}/rss.xml", http) == ["j-4", "j-3", "j-2", "j-1"]
        assert next(iter(cache.values())).etag.startswith("W/")  # weak, since nginx packs on the way
        assert ids(f"{address}/rss.xml", http) == []
        assert http.not_modified
        changed = feed.read_bytes().replace(b"j-4", b"j-5")
        feed.write_bytes(changed)
        later = feed.stat().st_mtime + timedelta(minutes=1).total_seconds()
        os.utime(feed, (later, later))
        assert ids(f"{address}/rss.xml", http) == ["j-5", "j-3", "j-2", "j-1"]
    feed.write_bytes(changed.replace(b"j-5", b"j-4"))
    assert [answer.split()[0] for _, answer in log(folder)[-3:]] == ["200", "304", "200"]


def test_a_feed_that_moved_is_followed(nginx):
    address, _ = nginx
    with Http(allow_private=True) as http:
        assert ids(f"{address}/moved", http) == ["j-4", "j-3", "j-2", "j-1"]


def test_a_feed_that_is_gone_for_good_says_so(nginx):
    address, _ = nginx
    with (
        Http(allow_private=True) as http,
        pytest.raises(SourceUnreadable, match=r"gone for good \(410\).*Take it out of the settings"),
    ):
        ids(f"{address}/gone?token=hidden", http)


def test_a_server_that_is_asked_too_often_says_when_to_come_back(nginx):
    address, _ = nginx
    now = datetime.now(UTC)
    with Http(allow_private=True) as http:
        assert ids(f"{address}/slow/rss.xml", http) == ["j-4", "j-3", "j-2", "j-1"]
        with pytest.raises(SourceUnavailable) as raised:
            ids(f"{address}/slow/rss.xml", http)
    assert timedelta(minutes=59) < raised.value.retry_at - now < timedelta(minutes=61)
