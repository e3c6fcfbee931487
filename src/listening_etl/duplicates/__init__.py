"""Near-duplicates: texts in, clusters of copies out."""

from listening_etl.duplicates.clusters import Deduped, clusters, dedupe
from listening_etl.duplicates.pairs import components, forest, new_pairs
from listening_etl.duplicates.sketching import sketches
from listening_etl.duplicates.words import normal

__all__ = ["Deduped", "clusters", "components", "dedupe", "forest", "new_pairs", "normal", "sketches"]
