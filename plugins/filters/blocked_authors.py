"""Drops what named accounts write."""

import polars as pl
from pydantic import Field

from listening_etl import Options, hookimpl


class BlockedAuthorsOptions(Options):
    """Who is blocked."""

    handles: frozenset[str] = Field(frozenset(), description="with or without @, in any case")
    native_ids: frozenset[str] = Field(frozenset(), description="as the platform writes them")


class BlockedAuthors:
    """Drops mentions by the authors of `handles` or `native_ids`; an unknown author stays."""

    name = "blocked_authors"
    version = "1"
    reason = "written by a blocked author"
    options_type = BlockedAuthorsOptions

    def keep(self, mentions, options):
        """One boolean a row."""
        handles = sorted(plain(pl.Series(sorted(options.handles), dtype=pl.String)))
        by_handle = plain(pl.col("author_handle")).is_in(handles)
        by_id = pl.col("author_id").is_in(sorted(options.native_ids))
        blocked = by_handle.fill_null(value=False) | by_id.fill_null(value=False)
        return mentions.select(keep=~blocked)["keep"]


def plain(handles):
    """Lower case, without the leading @ and white space."""
    return handles.str.strip_chars().str.strip_chars_start("@").str.to_lowercase()


@hookimpl
def listening_filters():
    """Offer the filter."""
    return [BlockedAuthors()]
