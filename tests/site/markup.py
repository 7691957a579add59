"""A page read strictly: nesting, ids, references, and what a Content-Security-Policy would refuse."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br"}
DRAWN = {"rect", "line", "circle", "path"}  # closed by themselves in SVG
REFERENCES = ("aria-labelledby", "aria-describedby", "for", "aria-controls")


class Page(HTMLParser):
    """What a page consists of; ``faults`` is what is wrong with it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []  # language, text
        self._open: list[tuple[str, str]] = []  # tag, language
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag, _ in self._open]
        self._check()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)
        if tag in DRAWN:
            self.faults.append(f"<{tag}> is not closed")
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("lang") or self.language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and self._open[-1:] != [("title", "en")]:  # which has no room for two languages
            self.texts.append((self.language, data))

    @property
    def language(self) -> str:
        """The language of what is being read."""
        return self._open[-1][1] if self._open else ""

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.elements if name == tag]

    def said(self, language: str) -> str:
        """Everything that stands in a language."""
        return " ".join(text for lang, text in self.texts if lang == language)

    @property
    def links(self) -> list[str]:
        """Every address on the page."""
        return [each[name] for _, each in self.elements for name in ("href", "src") if name in each]

    def _element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def _check(self) -> None:
        ids = Counter(each["id"] for _, each in self.elements if "id" in each)
        self.faults += [f"id {id!r} stands {count} times" for id, count in ids.items() if count > 1]
        for tag, each in self.elements:
            self.faults += [f"<{tag}> has {name}" for name in each if name == "style" or name.startswith("on")]
            targets = [target for name in REFERENCES for target in each.get(name, "").split()]
            self.faults += [f"<{tag}> refers to {target!r}" for target in targets if target not in ids]
            if tag == "script" and "src" not in each:
                self.faults.append("a script stands in the page")
        self.faults += ["a style stands in the page" for _ in self.all("style")]
        self.faults += [f"there are {len(self.all('h1'))} <h1>"] if len(self.all("h1")) != 1 else []
        self.faults += ["a <th> has no scope" for each in self.all("th") if "scope" not in each]
        if len(self.all("table")) != len(self.all("caption")):
            self.faults.append("a table has no caption")
        described = {each["id"] for _, each in self.elements if "id" in each}
        for each in self.all("svg"):
            named = each.get("role") == "img" and each.get("aria-labelledby") in described
            if not (named or each.get("aria-hidden") == "true" or each.get("class") == "stretched"):
                self.faults.append("a drawing is neither named nor hidden")
