"""A Singer tap of ours, as small as one can be: posts of an invented forum, and who wrote them.

Its config: `start_date`, `api_key`; `mood` makes it misbehave as real ones do.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

POSTS = [
    {"id": 11, "body": "Ma Torréo One fuit", "created_at": "2026-10-04T20:00:00Z", "user": {"login": "ana"}},
    {
        "id": 12,
        "body": "Le joint, changez le joint",
        "created_at": "2026-10-05T07:30:00Z",
        "user": {"login": "noe"},
    },
    {"id": 13, "body": "Brûlia ou Torréo ?", "created_at": "2026-10-05T18:00:00Z", "user": {"login": "lea"}},
    {
        "id": 14,
        "body": "Torréo, sans hésiter",
        "created_at": "2026-10-06T09:00:00Z",
        "user": {"login": "noe"},
    },
    {"id": 15, "body": None, "created_at": None, "_sdc_deleted_at": "2026-10-06T10:00:00Z"},
]


def say(**message):
    print(json.dumps(message, ensure_ascii=False), flush=True)


def posts_since(start):
    say(type="SCHEMA", stream="posts", schema={"type": "object"}, key_properties=["id"])
    say(type="SCHEMA", stream="users", schema={"type": "object"}, key_properties=["login"])
    for post in POSTS:
        if (post["created_at"] or post["_sdc_deleted_at"]) < start:
            continue
        say(type="RECORD", stream="posts", record=post, time_extracted="2026-10-08T00:00:00Z")
        say(type="RECORD", stream="users", record=post.get("user") or {})
        say(type="STATE", value={"bookmarks": {"posts": {"created_at": post["created_at"]}}})


def misbehave(mood, config, folder):
    if mood == "refused":
        sys.exit(f"requests.exceptions.HTTPError: 401 for https://forum.test/posts?key={config['api_key']}")
    if mood == "broken":
        sys.exit(f"Traceback: the server closed the connection, config {json.dumps(config)}")
    if mood == "config":
        sys.exit("Config validation failed: 'start_date' is a required property")
    if mood == "chatty":
        print("Downloading the model of the day…", flush=True)
        say(type="BATCH", stream="posts", manifest=[])
    if mood == "endless":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path(folder, "pids").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    for name in ("--config", "--catalog", "--state"):
        arguments.add_argument(name)
    given = arguments.parse_args()
    config = json.loads(Path(given.config).read_text("utf-8"))
    if config.get("report"):
        mode = oct(Path(given.config).stat().st_mode & 0o777)
        seen = {"mode": mode, "config": config, "environment": sorted(os.environ), "cwd": str(Path.cwd())}
        seen["state"] = json.loads(Path(given.state).read_text("utf-8")) if given.state else None
        Path(config["report"]).write_text(json.dumps(seen), "utf-8")
    posts_since(config.get("start_date", ""))
    misbehave(config.get("mood"), config, Path(config.get("report") or ".").parent)
