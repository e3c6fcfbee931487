"""The source for web pages keeps what every source promises."""

from datetime import UTC, datetime

from listening_etl.testing import Answer, SourceContract, Window
from plugins.sources.web_pages import WebPages

SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
PAGE = """<html lang="fr"><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>
<p>{title} : la rédaction raconte six semaines dans une cuisine ordinaire.</p></article></body></html>"""
# Path, lastmod, what the page itself states.
PAGES = (
    ("/ancien", "2026-10-07", "2026-09-01T08:00:00Z"),  # changed in the window, published before
    ("/torreo", "2026-10-06T09:00:00Z", "2026-10-05T10:00:00Z"),
    ("/brulia", "2026-10-06T07:30:00+02:00", None),
    ("/hier", "2026-10-04T09:00:00Z", None),
    ("/demain", "2026-10-07T12:00:00Z", None),
)


class TestWebPages(SourceContract):
    plugin = WebPages()
    options = {"url": "https://journal.example"}
    window = Window(datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC))
    now = datetime(2026, 10, 8, tzinfo=UTC)
    samples = "web"
    expected = ("https://journal.example/torreo", "https://journal.example/brulia")
    unknown_id = "https://journal.example/absent"

    def answer(self, request):
        if request.path == "/sitemap.xml":
            listed = (
                f"<url><loc>https://journal.example{path}</loc><lastmod>{changed}</lastmod></url>"
                for path, changed, _ in PAGES
            )
            return Answer(SITEMAP.format("".join(listed)).encode())
        for path, _, published in PAGES:
            if request.path == path:
                stated = (
                    f'<meta property="article:published_time" content="{published}">' if published else ""
                )
                return Answer(PAGE.format(title=f"Essai {path}", head=stated))
        return None
