"""Starts a real server of a platform for a test, and stops it with everything that it started.

The programs live in a virtual environment of their own, `.servers/` in the repository or the folder that
LISTENING_SERVERS names, or on the PATH. An absent one fails the test where CI is set, else skips it.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
SERVERS = Path(os.environ.get("LISTENING_SERVERS", REPOSITORY / ".servers"))


def program(name, module=None, install=""):
    """Where an executable is; with `module`, it is a Python that has to be able to import that."""
    places = [str(SERVERS / "bin")]
    if not module:
        places += [str(SERVERS / "node_modules" / ".bin"), os.environ.get("PATH", ""), "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found and module:
        asked = subprocess.run([found, "-c", f"import {module}"], capture_output=True, check=False)
        found = found if asked.returncode == 0 else None
    if found:
        return found
    reason = f"{module or name} is not in {SERVERS}" + ("" if module else " nor on the PATH")
    reason += f": {install}" if install else ""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port():
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    """Whether somebody accepts connections on the port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextmanager
def running(command, ready, folder, seconds=60, env=None):
    """The server as a process group of its own, from the moment that `ready()` is true; its output in `folder`."""
    log = Path(folder) / f"{Path(command[0]).name}.log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + seconds
        while not ready():
            if server.poll() is not None or time.monotonic() > deadline:
                told = log.read_text("utf-8", "replace")[-2000:]
                pytest.fail(f"{command[0]} does not answer (exit code {server.poll()}):\n{told}")
            time.sleep(0.1)
        yield server
    finally:
        for sent in (signal.SIGTERM, signal.SIGKILL):  # the group: workers outlive a parent that is killed
            with suppress(ProcessLookupError):
                os.killpg(server.pid, sent)
            with suppress(subprocess.TimeoutExpired):
                server.wait(3)  # one that waits for its clients never ends
