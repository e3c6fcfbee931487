"""Running suites on tables with Great Expectations.

Its cost is in separate queries. So every check is asked for yes or no first, which takes one pass over the
table for most of them together; counts, values and ids are fetched where something failed, or a share may.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from listening_etl.errors import ConfigError, WarehouseUnavailable
from listening_etl.quality.results import EXAMPLES, CheckResult, check_result, exception_of
from listening_etl.quality.suites import Check, Suite, great_expectations

if TYPE_CHECKING:
    from sqlalchemy import URL

QUERY = "unexpected_rows_expectation"
ROW_COUNT = "expect_table_row_count_to_be_between"
EVERY_ROW = 2**31 - 1


def _connect_args() -> dict[str, Any]:
    """Times come as text: PostgreSQL holds some that Python cannot, and such a row is to be named."""
    import psycopg
    from psycopg.adapt import AdaptersMap
    from psycopg.types.string import TextLoader

    adapters = AdaptersMap(psycopg.adapters)
    for kind in ("timestamptz", "timestamp", "date"):
        adapters.register_loader(kind, TextLoader)
    return {
        "application_name": "listening-etl checks",
        "options": "-c jit=off -c TimeZone=UTC",
        "context": adapters,
    }


class Gate:
    """Runs suites on tables of the warehouse at `url`; one serves a whole task and is closed at its end."""

    def __init__(self, url: str | URL) -> None:
        from listening_etl.warehouse.engine import driver_url

        address = driver_url(url if isinstance(url, str) else url.render_as_string(hide_password=False))
        self._where, self._opened = address.render_as_string(hide_password=True), 0
        library = great_expectations()
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = library.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        with self._available():
            self._source = context.data_sources.add_sql(
                "warehouse",
                connection_string=address.render_as_string(hide_password=False),
                kwargs={"connect_args": _connect_args()},
            )

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back; the library holds two engines."""
        self._source.get_execution_engine().close()
        self._source.get_engine().dispose()

    def check(
        self,
        suite: Suite,
        table: str,
        schema: str = "staging",
        id_column: str | Sequence[str] | None = None,
        where_parameters: Mapping[str, Any] | None = None,
    ) -> list[CheckResult]:
        """Run `suite` on a table; one result a check, in their order.

        `id_column` names the failing rows (several columns for a key of several); `where_parameters` are the
        values that the suite asks for by `$PARAMETER`. A check that cannot run (no such column) fails and
        stops.
        """
        ids = [id_column] if isinstance(id_column, str) else list(id_column or ())
        given = dict(where_parameters or {})
        if len(ids) != 1 and any(check.on_failure == "quarantine" for check in suite.checks):
            raise ValueError(f"suite {suite.name!r} puts rows aside: it needs one id_column")
        if lacking := sorted({name for check in suite.checks for name in check.parameters} - given.keys()):
            raise ValueError(f"suite {suite.name!r} needs where_parameters {', '.join(lacking)}")
        with self._batch(schema, table) as batch:
            answers = self._answers(batch, suite, ids, given)
        counts = [
            answers[check.rule].result.get("observed_value")
            for check in suite.checks
            if check.type == ROW_COUNT
        ]
        total = counts[0] if counts else None
        return [check_result(suite.name, check, answers[check.rule], ids, total) for check in suite.checks]

    def _answers(self, batch: Any, suite: Suite, ids: list[str], given: dict[str, Any]) -> dict[str, Any]:
        answers = self._validate(batch, suite.checks, {"result_format": "BOOLEAN_ONLY"}, given)
        whole, some = [], []
        for check in suite.checks:
            answer = answers[check.rule]
            if exception_of(answer):
                continue
            if not answer.success and (check.on_failure == "quarantine" or check.type == QUERY):
                whole.append(check)
            elif not answer.success or check.type == ROW_COUNT or check.kwargs.get("mostly", 1) != 1:
                some.append(check)
        named = {"unexpected_index_column_names": ids} if ids else {}
        for checks, level, most in ((whole, "COMPLETE", EVERY_ROW), (some, "SUMMARY", EXAMPLES)):
            asked = {"result_format": level, "partial_unexpected_count": most, **named}
            answers |= self._validate(batch, checks, asked, given)
        return answers

    def _validate(
        self, batch: Any, checks: Sequence[Check], asked: dict[str, Any], given: dict[str, Any]
    ) -> dict[str, Any]:
        """The library's answers by rule: it does not keep their order."""
        if not checks:
            return {}
        suite = great_expectations().ExpectationSuite(
            name="checks", expectations=[one.expectation for one in checks]
        )
        with self._available():
            found = batch.validate(suite, result_format=asked, expectation_parameters=given)
        for answer in found.results:
            message, traceback = exception_of(answer) or ("", "")
            if "OperationalError" in traceback:
                raise WarehouseUnavailable(f"a check broke off: {message}", where=self._where)
        return {answer.expectation_config.meta["rule"]: answer for answer in found.results}

    @contextmanager
    def _batch(self, schema: str, table: str) -> Iterator[Any]:
        self._opened += 1
        name = f"{schema}.{table} {self._opened}"
        with self._available():
            asset = self._source.add_table_asset(name, table_name=table, schema_name=schema)
            batch = asset.add_batch_definition_whole_table("whole").get_batch()
        try:
            yield batch
        finally:
            self._source.delete_asset(name)

    @contextmanager
    def _available(self) -> Iterator[None]:
        """Say in our words why the library could not reach the server or a table."""
        from great_expectations.datasource.fluent.interfaces import TestConnectionError
        from sqlalchemy.exc import OperationalError

        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="You are using a generic SQLDatasource")
                warnings.filterwarnings("ignore", message="`schema_name` is deprecated")
                yield
        except (TestConnectionError, OperationalError) as error:
            cause = error.__cause__ if isinstance(error, TestConnectionError) else error
            reason = str(getattr(cause, "orig", None) or error).strip().partition("\n")[0]
            if isinstance(cause, OperationalError):
                do = "Start it, or correct LISTENING_WAREHOUSE_URL; the run can be repeated as it is."
                raise WarehouseUnavailable(
                    f"PostgreSQL does not answer: {reason}", where=self._where, do=do
                ) from error
            raise ConfigError(f"the table to check cannot be read: {reason}", where=self._where) from error
