"""Starting and stopping: exactly what was started, and nothing else."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict

import psutil
import pytest

from listening_etl.orchestration import server

FAMILY = "import subprocess, sys; subprocess.Popen(['sleep', '60'], process_group=0); print('up', flush=True); sys.stdin.read()"


@pytest.fixture
def family():
    """A process with a child in a group of its own, like a worker with its task."""
    with subprocess.Popen(
        [sys.executable, "-c", FAMILY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        parent.stdout.readline()
        yield psutil.Process(parent.pid)
        parent.kill()


def remember(home, process, created):
    (home / ".airflow").mkdir()
    started = server.Started("scheduler", process.pid, created)
    (home / ".airflow" / "processes.json").write_text(json.dumps([asdict(started)]))


def test_stopping_ends_the_process_and_its_children(tmp_path, family):
    child = family.children()[0]
    remember(tmp_path, family, family.create_time())
    assert server.stop(tmp_path) is True
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert server.remembered(tmp_path) == []
    assert server.stop(tmp_path) is False


def test_a_stranger_with_the_number_of_a_process_of_ours_is_left_alone(tmp_path, family):
    remember(tmp_path, family, family.create_time() - 3600)
    assert server.stop(tmp_path) is False
    assert family.is_running()
    os.kill(family.children()[0].pid, signal.SIGKILL)


def test_a_taken_port_is_said_before_anything_is_started():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(server.ServerError, match=r"is taken.*--port"):
            server._refuse_taken(taken.getsockname()[1])
