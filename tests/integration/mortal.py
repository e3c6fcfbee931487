"""A process whose children do one step each and can be killed: `python -m tests.integration.mortal`.

It imports everything once and forks for each line that it reads, {"url", "folder", "topic", "step", "given"};
it answers with the child's number, and `done` when the child ended by itself, `failed` else.
"""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

from listening_etl.pipeline import audit, publish, refresh
from tests.integration.small_world import KEY, LightGate, contexts

ROOT = Path(__file__).parents[2]
STEPS = {"audit": audit.audit, "publish": publish.publish, "refresh": refresh.refresh}


def serve():
    """Fork for each line."""
    audit.Gate = refresh.Gate = LightGate
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            os._exit(do(asked))
        say(child)
        _, status = os.waitpid(child, 0)
        say("done" if status == 0 else "failed")


def say(word):
    """One line to whoever asked."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def do(asked):
    """One step; 0 when it went well."""
    try:
        context = contexts(asked["url"], Path(asked["folder"]))[asked["topic"]]
        STEPS[asked["step"]](context, *asked["given"])
    except Exception:  # noqa: BLE001 - the child ends here, whatever it was
        traceback.print_exc()
        return 1
    return 0


class Mortal:
    """The process, seen from the tests."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.integration.mortal"],
            cwd=ROOT,
            env={**os.environ, "LISTENING_PSEUDONYM_KEY": KEY},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, url, folder, topic, step, *given):
        """Start a step; answers the number of the child that does it."""
        asked = {"url": url, "folder": str(folder), "topic": topic, "step": step, "given": given}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        """Wait for the step; whether it went well."""
        return self.process.stdout.readline().strip() == "done"

    def close(self):
        """End the process, which ends when there is nothing more to read."""
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


if __name__ == "__main__":
    serve()
