"""Files between steps: Parquet and JSON in a local folder or any object store that fsspec knows.

A file appears whole or not at all: it is written beside its place and moved there.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import polars as pl

from listening_etl.errors import StagingError


@contextmanager
def _named(uri: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise StagingError(
            "the file is gone", where=uri, do="Run the step before again: it writes the same file."
        ) from error
    except OSError as error:
        raise StagingError(
            f"{error.strerror or error}",
            where=uri,
            do="Make room or give permission, then run again; nothing is lost.",
        ) from error


@dataclass(frozen=True)
class Staging:
    """The area under `root`, a folder or a URL such as `s3://bucket/listening`."""

    root: str

    @property
    def local(self) -> bool:
        """Whether it is a folder of this machine."""
        return "://" not in self.root

    def uri(self, *parts: str) -> str:
        """Address of a file below the root."""
        return "/".join((self.root.rstrip("/"), *parts))

    def write_frame(self, uri: str, frame: pl.DataFrame) -> None:
        """Write a frame as Parquet."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression="zstd", compression_level=1)
        self.write(uri, buffer.getvalue())

    def read_frame(self, uri: str) -> pl.DataFrame:
        """Read a frame back."""
        with _named(uri), self._open(uri) as file:
            return pl.read_parquet(file)

    def write_json(self, uri: str, value: Mapping[str, Any]) -> None:
        """Write a small receipt."""
        self.write(uri, orjson.dumps(value))

    def read_json(self, uri: str) -> dict[str, Any]:
        """Read a receipt back."""
        with _named(uri), self._open(uri) as file:
            loaded: dict[str, Any] = orjson.loads(file.read())
            return loaded

    def write(self, uri: str, content: bytes) -> None:
        """Write a file whole: a reader sees all of it or none; raises `StagingError` (disk full, …)."""
        with _named(uri):
            if not self.local:
                import fsspec

                with fsspec.open(uri, "wb") as file:
                    file.write(content)
                return
            path = Path(uri)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
            try:
                beside.write_bytes(content)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)

    def touch(self, uri: str) -> None:
        """Make a file young again, so that retention counts from its last use; a store's own date stays."""
        if self.local:
            with _named(uri):
                Path(uri).touch()

    def remove(self, uri: str) -> None:
        """Delete a file."""
        with _named(uri):
            if self.local:
                Path(uri).unlink()
                return
            import fsspec

            filesystem, path = fsspec.core.url_to_fs(uri)
            filesystem.rm(path)

    def exists(self, uri: str) -> bool:
        """Whether there is a file."""
        if self.local:
            return Path(uri).exists()
        import fsspec

        filesystem, path = fsspec.core.url_to_fs(uri)
        return bool(filesystem.exists(path))

    def _open(self, uri: str) -> IO[bytes]:
        if self.local:
            return Path(uri).open("rb")
        import fsspec

        opened: IO[bytes] = fsspec.open(uri, "rb").open()
        return opened
