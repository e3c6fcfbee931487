"""A process whose children do one step each and can be killed; a script, run by test_kill.

It imports everything once and forks for each line that it reads, {"url", "folder", "topic", "step", "given"};
it answers with the child's number, and `done` when the child ended by itself, `failed` else.
"""

import json
import os
import sys
import traceback
from pathlib import Path

from small_world import LightGate, contexts  # beside this script

from listening_etl.pipeline import audit, publish, refresh

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


if __name__ == "__main__":
    serve()
