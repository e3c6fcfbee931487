"""Statistics of the house: pure functions, numpy in and out."""
