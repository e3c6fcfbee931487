"""The contract kit: what every plugin promises, as tests that a plugin's author inherits.

Write a class `Test…(SourceContract)`, `(FilterContract)` or `(ScorerContract)` with the attributes that its
docstring names, and run pytest. It needs nothing but `listening_etl` and pytest, so it works in any package.
"""

from listening_etl.model import Window
from listening_etl.testing.judges import FilterContract, ScorerContract
from listening_etl.testing.platform import Answer, Request
from listening_etl.testing.sources import SourceContract

__all__ = ["Answer", "FilterContract", "Request", "ScorerContract", "SourceContract", "Window"]
