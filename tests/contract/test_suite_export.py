"""The source for suite exports keeps what every source promises."""

from datetime import UTC, datetime
from pathlib import Path

from listening_etl.testing import SourceContract, Window
from plugins.sources.suite_export import SuiteExport

EXPORT = Path(__file__).parent / "samples" / "suite_export" / "brandwatch.csv"


class TestSuiteExport(SourceContract):
    plugin = SuiteExport()
    options = {"path": str(EXPORT), "timezone": "Europe/Paris", "licence": "contrat 2026-17"}
    window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
