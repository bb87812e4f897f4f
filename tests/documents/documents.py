"""The documents of the repository, taken apart: code blocks, inline code, headings and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Block:
    """One fenced code block. line: of its opening fence; section: what stands before it under its heading."""

    document: str
    line: int
    language: str
    text: str
    section: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Document:
    """A Markdown file of the repository."""

    path: Path

    @cached_property
    def name(self) -> str:
        """Its path within the repository."""
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """As it is."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        """The fenced code blocks in order; AssertionError where a fence is indented, odd or left open."""
        return list(_blocks(self.name, self.text))

    @cached_property
    def prose(self) -> str:
        """All but the blocks."""
        return _BLOCK.sub("\n", self.text)

    @cached_property
    def spans(self) -> list[str]:
        """The inline code."""
        return spans(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """What a link may name behind `#`."""
        titles = re.findall(r"^#+ +(.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}

    @cached_property
    def links(self) -> list[str]:
        """The targets of its links and pictures."""
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)


_BLOCK = re.compile(r"^```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)


def _blocks(name: str, text: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(text):
        before = text[: match.start()]
        section = _BLOCK.sub("\n", before)
        section = section[section.rfind("\n#") + 1 :]
        found.append(Block(name, before.count("\n") + 1, match["language"], match["text"], section))
    return found


def spans(prose: str) -> list[str]:
    """The inline code of a piece of prose, with the bars that a table needs escaped as they are meant."""
    return [span.replace("\\|", "|") for span in re.findall(r"`([^`\n]+)`", prose)]


DOCUMENTS = [Document(ROOT / "README.md"), *map(Document, sorted((ROOT / "docs").rglob("*.md")))]
BLOCKS = [block for document in DOCUMENTS for block in document.blocks]


def document(name: str) -> Document:
    """The document of that path."""
    (found,) = [document for document in DOCUMENTS if document.name == name]
    return found
