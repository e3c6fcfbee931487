"""How the shipped encoder and its heads are made: `python -m models.recipe --data DATA`."""
