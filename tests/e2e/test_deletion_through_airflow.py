"""From a real server through Airflow into the warehouse and out of it again: posted, heard, deleted, forgotten.

The server is mastodon-mock, which is not ours: it speaks Mastodon's interface and keeps what is posted to it.
"""

import time
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from listening_etl.pipeline import recheck
from listening_etl.warehouse.engine import transaction
from tests.dags.airflow_for_tests import DAGS, REPOSITORY
from tests.integration.servers.starting import free_port, listens, program, running

TOKEN = "mock_token"  # the account that every mastodon-mock has
SETTINGS = """
version: 1
plugins: {plugins}
allow_private_addresses: true
topics:
  coffee:
    purpose: Testing.
    timezone: UTC
    languages: [fr]
    start: 2026-01-01
    entities:
      torreo: {{role: own, names: [Torréo], hashtags: [torréo]}}
    sources:
      mastodon: {{channel: social, options: {{instance: {address}, token: {{env: MASTODON_TOKEN}}}}}}
      forum:
        plugin: rest
        channel: web
        options:
          url: {address}/api/v1/nowhere
          items: "@"
          mapping: {{native_id: id, text: text, published_at: at}}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    port = free_port()
    found = program("mastodon_mock", install="make servers")
    command = [found, "serve", "--in-memory", "--host", "127.0.0.1", "--port", port]
    with running(command, lambda: listens(port), tmp_path_factory.mktemp("mastodon")):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def dags(tmp_path_factory, address, warehouse_url):
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    home = tmp_path_factory.mktemp("home")
    (home / "plugins").mkdir()
    (home / "listening.yaml").write_text(SETTINGS.format(plugins=REPOSITORY / "plugins", address=address))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LISTENING_CONFIG", str(home / "listening.yaml"))
        patch.setenv("LISTENING_WAREHOUSE_URL", warehouse_url)
        patch.setenv("LISTENING_PSEUDONYM_KEY", "0123456789abcdef" * 4)
        patch.setenv("LISTENING_STAGING", str(home / "staging"))
        patch.setenv("MASTODON_TOKEN", TOKEN)
        patch.setattr(recheck, "AGAIN_AFTER", timedelta(0))
        initdb()
        bag = DagBag(str(DAGS))
        assert bag.import_errors == {}
        yield bag.dags


def ask(address, method, path, **body):
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = httpx.request(method, f"{address}/api/v1{path}", json=body or None, headers=headers, timeout=20)
    answer.raise_for_status()
    return answer.json()


def rows(url, query):
    with transaction(url) as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_what_is_posted_is_heard_and_what_is_deleted_leaves_a_tombstone(dags, address, warehouse_url):
    text = "Ma Torréo fuit déjà, c'est un peu fort de café ! #torréo"
    gone = ask(address, "POST", "/statuses", status=text, language="fr")["id"]
    kept = ask(address, "POST", "/statuses", status="Torréo : ravie, merci à eux. #torréo", language="fr")[
        "id"
    ]
    time.sleep(1)  # a run listens to the last whole second, and what was just posted may be in the one after
    window = {"since": "2026-01-01", "until": "2100-01-01"}
    heard = dags["listen_coffee"].test(run_conf=window)
    assert str(heard.state) == "failed"  # the forum is not there; that did not stop the other source
    told = {ti.task_id: str(ti.state) for ti in heard.get_task_instances() if ti.map_index < 0}
    assert (told["publish"], told["outcome"]) == ("success", "failed")
    mentions = "SELECT native_id, text, deleted_at IS NULL FROM listening.fct_mention ORDER BY native_id"
    assert [row[0] for row in rows(warehouse_url, mentions)] == sorted([gone, kept])
    assert text in [row[1] for row in rows(warehouse_url, mentions)]
    gaps = rows(warehouse_url, "SELECT source, reason FROM ops.coverage WHERE state = 'gap'")
    assert [source for source, _ in gaps] == ["forum"]
    assert "404" in gaps[0][1]

    ask(address, "DELETE", f"/statuses/{gone}")
    night = dags["upkeep"].test()
    assert str(night.state) == "success"
    assert {row[0]: row[1:] for row in rows(warehouse_url, mentions)}[gone] == (None, False)
    assert {row[0]: row[1:] for row in rows(warehouse_url, mentions)}[kept][1] is True
    words = "SELECT count(*) FROM private.mention WHERE text LIKE '%fort de café%'"
    assert rows(warehouse_url, words) == [(0,)]
