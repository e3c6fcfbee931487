"""What the command line prints and writes: tables, pictures of figures, progress bars, JSON, one page."""

from listening_etl.presentation.funnel_lines import funnel
from listening_etl.presentation.funnel_page import funnel_page
from listening_etl.presentation.listing import plugins
from listening_etl.presentation.overview import calendar, report
from listening_etl.presentation.terminal import cell, console, print_json, progress, show

__all__ = [
    "calendar",
    "cell",
    "console",
    "funnel",
    "funnel_page",
    "plugins",
    "print_json",
    "progress",
    "report",
    "show",
]
