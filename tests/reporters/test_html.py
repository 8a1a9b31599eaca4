"""The page, read by a parser: whole, inert, and saying everything."""

from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from policy_checks.reporters import Report
from tests.reporters.reports import finding, hostile, pinned, place, report, source, suppressed, text

VOID = {"meta"}


class Page(HTMLParser):
    """Every element and text of a page; an end tag that does not fit is an error."""

    def __init__(self, what: Report) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.feed(text("html", what))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)


def test_a_page() -> None:
    bare = finding(place(source("ci/build.sh", "if a < b; then pip install x & fi\n"), "pip install"))
    page = Page(report(bare, pinned(), suppressed(pinned())))
    assert page.text["h2"] == ["ci/build.sh", "pyproject.toml", "pyproject.toml"]
    assert page.text["mark"] == ["pip install", 'branch = "main"', 'branch = "main"']
    assert page.text["code"][:2] == ["if a < b; then ", " x & fi"]
    assert page.text["summary"] == ["1 suppressed finding"]
    assert page.text["td"] == ["bare-pip-install", "error", "1", "unpinned-git-source", "error", "1"]


def test_nothing_found() -> None:
    page = Page(report())
    assert page.text["p"][0] == "clean: no findings in 3,136 files (0.8 s)"
    assert not {"table", "section", "details"} & {tag for tag, _ in page.seen}


def test_hostile_content_adds_no_element() -> None:
    page = Page(hostile())
    harmless = "html head meta title style body main footer h1 h2 p table caption thead tbody tr th td "
    harmless += "section ol li span strong pre code mark details summary"
    assert {tag for tag, _ in page.seen} <= set(harmless.split())
    assert all(not name.startswith("on") for _, attributes in page.seen for name in attributes)


def test_the_policy_allows_the_style_of_the_page_and_nothing_else() -> None:
    page = Page(report(pinned()))
    digest = b64encode(sha256("".join(page.text["style"]).encode()).digest()).decode()
    policies = [attributes["content"] for _, attributes in page.seen if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'"]
    assert all("style" not in attributes for _, attributes in page.seen)
