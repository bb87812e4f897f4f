"""C sources of this project taken apart as text; clang-format has seen to their shape."""

from __future__ import annotations

import re

FORBIDDEN = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|scanf|strtok|atoi|alloca|assert)\s*\(")
ALLOCATING = re.compile(r"\b(malloc|calloc|realloc|aligned_alloc|mmap)\(")
CHECKED_WITHIN = 5
"""Lines behind an allocation."""


def comments_of(text: str) -> str:
    """The words of the // comments, a line each."""
    return "\n".join(line.partition("//")[2] for line in text.splitlines() if "//" in line)


def code_of(text: str) -> str:
    """The text without the words of comments and strings; lines stay where they are."""
    return re.sub(r'//.*|"(?:\\.|[^"\\\n])*"', lambda found: '""' if found[0][0] == '"' else "", text)


def functions_of(text: str) -> dict[str, int]:
    """How many lines each function takes, from its first to its closing brace."""
    pattern = r"^(?!struct|enum|typedef|#)[a-z][^;={}]*?\b(\w+)\([^;{}]*\) \{\n.*?^\}"
    return {
        found[1]: found[0].count("\n") + 1 for found in re.finditer(pattern, code_of(text), re.DOTALL | re.MULTILINE)
    }


def broken_rules(text: str) -> list[str]:
    """Calls that no source here makes, and allocations of which the outcome is not looked at."""
    lines = code_of(text).splitlines()
    found = [f"line {i}: {call[1]}" for i, line in enumerate(lines, 1) for call in FORBIDDEN.finditer(line)]
    for i, line in enumerate(lines):
        for call in ALLOCATING.finditer(line):
            if not _checked(line[: call.start()], "\n".join(lines[i + 1 : i + 1 + CHECKED_WITHIN]), call[1]):
                found.append(f"line {i + 1}: what {call[1]} gave is not checked")
    return found


def _checked(before: str, after: str, allocator: str) -> bool:
    """before: of the line with the call; it must assign the outcome to a name that is asked about at once."""
    assigned = re.search(r"([\w>-]+) = [^=]*$", before)
    if assigned is None:
        return False
    name = re.escape(assigned[1])
    if allocator == "mmap":
        return re.search(rf"\b{name} [!=]= MAP_FAILED", after) is not None
    asked = rf"!{name}\b|\b{name} \?|\b{name} [!=]= NULL|(?:if \(|&& |\|\| |return ){name}\b(?![\w>\[(-])"
    return before.rstrip().endswith(f"!({assigned[1]} =") or re.search(asked, after) is not None
