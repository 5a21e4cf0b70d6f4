"""Colours. The book takes its colours and type from the gallery's page, its sister: (tokens.css) -> docs/assets/tokens.css."""

from __future__ import annotations

import re

from book.pages import DOCS, ROOT

TOKENS = ROOT / "render" / "show" / "page" / "tokens.css"
TARGET = DOCS / "assets" / "tokens.css"
HEAD = "/* Made by scripts/docs of render/show/page/tokens.css. */\n"

DARK, LIGHT = ":root", ':root[data-theme="light"]'
SCHEMES = {DARK: "slate", LIGHT: "default"}  # the gallery's selectors, and Material's names
RULE = re.compile(r"^([^{}/]+)\{([^}]*)\}", re.MULTILINE)
PROPERTY = re.compile(r"(?:--[\w-]+|color-scheme):[^;]+;")


def write_colours() -> None:
    """Write docs/assets/tokens.css, if it is not what it would be."""
    css = scheme_css(TOKENS.read_text(encoding="utf-8"))
    if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != css:
        TARGET.write_text(css, encoding="utf-8")


def scheme_css(tokens: str) -> str:
    """The gallery's custom properties, under the names that Material gives dark and light."""
    rules = {selector.strip(): PROPERTY.findall(body) for selector, body in RULE.findall(tokens)}
    every = {DARK: rules[DARK], LIGHT: rules[DARK] + rules[LIGHT]}
    return HEAD + "".join(
        f'[data-md-color-scheme="{SCHEMES[selector]}"] {{ {" ".join(every[selector])} }}\n' for selector in SCHEMES
    )
