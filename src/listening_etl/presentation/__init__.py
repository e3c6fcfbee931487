"""What the command line prints and writes: tables, pictures of figures, progress bars, JSON, one page."""

from listening_etl.presentation.aspects import aspects
from listening_etl.presentation.drift_lines import drift
from listening_etl.presentation.drift_page import drift_page
from listening_etl.presentation.funnel_lines import funnel
from listening_etl.presentation.funnel_page import funnel_page
from listening_etl.presentation.listing import plugins
from listening_etl.presentation.overview import calendar, report
from listening_etl.presentation.terminal import cell, console, print_json, progress, show

__all__ = [
    "aspects",
    "calendar",
    "cell",
    "console",
    "drift",
    "drift_page",
    "funnel",
    "funnel_page",
    "plugins",
    "print_json",
    "progress",
    "report",
    "show",
]
