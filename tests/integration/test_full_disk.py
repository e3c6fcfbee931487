"""A staging area without room: what is said, what is left, and what happens when there is room again."""

import contextlib
import os
import resource
import subprocess
from pathlib import Path
from unittest import mock

import polars as pl
import pytest

from listening_etl.errors import StagingError
from listening_etl.model import Window
from listening_etl.pipeline import audit, refresh
from listening_etl.pipeline import run as running
from listening_etl.pipeline.curate import curate
from listening_etl.pipeline.extract import extract
from listening_etl.pipeline.plan import plan
from listening_etl.warehouse import engine as engines
from listening_etl.warehouse.checksums import checksums
from tests.integration.small_world import END, KEY, SHELF, START, LightGate, contexts

TOPIC = "kettles"


@contextlib.contextmanager
def small_disk(folder):
    """A disk of its own on the folder; yields what fills it but for 16 KiB, and what makes room again."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount; the other limit is tried everywhere")
    ballast = folder / "ballast"

    def fill():
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        os.truncate(ballast, ballast.stat().st_size - 16_384)

    try:
        yield fill, ballast.unlink
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextlib.contextmanager
def short_files(_):
    """Yields what forbids files longer than 12,000 bytes, and what allows them again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield (
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard)),
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def found(warehouse_url, tmp_path):
    """Contexts, and a platform with 3,000 posts of which no two are alike: compressed, some 40,000 bytes."""
    posts = [
        {
            "native_id": os.urandom(8).hex(), "published_at": START + n * (END - START) / 3_000, "fetched_at": END,
            "text": f"Acme is good {n}", "author": None, "media": (),
        }
        for n in range(3_000)
    ]  # fmt: skip
    SHELF.fill({"forum": posts, "reviews": []})
    disk = tmp_path / "disk"
    disk.mkdir()
    with (
        mock.patch.dict(os.environ, {"LISTENING_PSEUDONYM_KEY": KEY}),
        mock.patch.object(audit, "Gate", LightGate),
        mock.patch.object(refresh, "Gate", LightGate),
    ):
        yield disk, contexts(warehouse_url, disk)[TOPIC]


def files(disk):
    return sorted(path for path in disk.rglob("*") if path.is_file() and path.name != "ballast")


def tables(context):
    with engines.transaction(context.url) as connection:
        return checksums(connection)


@pytest.mark.parametrize("limit", [small_disk, short_files])
@pytest.mark.parametrize("step", ["raw", "batches"])
def test_a_full_disk_names_the_file_leaves_nothing_half_written_and_can_be_run_again(found, limit, step):
    disk, context = found
    window = Window(START, END)
    first = plan(context, window)[0]
    with limit(disk) as (fill, make_room):
        answers = extract(context, first) if step == "batches" else None
        before = files(disk)
        fill()
        with pytest.raises(StagingError) as stopped:
            curate(context, answers) if answers else extract(context, first)
        make_room()
        assert stopped.value.where.startswith(f"{disk}/{step}/{TOPIC}/forum/")
        assert stopped.value.where.endswith(".parquet")
        assert stopped.value.what in ("No space left on device", "File too large")
        left = files(disk)
        assert set(before) <= set(left)
        assert Path(stopped.value.where) not in left
        assert all(path.suffix == ".parquet" and pl.read_parquet(path).width for path in left)
        running.run(context, window)
        once = tables(context)
        running.run(context, window)
        assert tables(context) == once
    assert once["listening.fct_mention"].startswith("3000:")
