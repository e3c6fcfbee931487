"""Which mentions are about what."""
