"""What MkDocs calls while it builds the book. The site takes its colours and type from the gallery's page, its sister."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

TOKENS = Path(__file__).parents[2] / "render" / "show" / "page" / "tokens.css"
DARK, LIGHT = ":root", ':root[data-theme="light"]'
SCHEMES = {DARK: "slate", LIGHT: "default"}  # the gallery's selectors, and Material's names
RULE = re.compile(r"^([^{}/]+)\{([^}]*)\}", re.MULTILINE)
PROPERTY = re.compile(r"(?:--[\w-]+|color-scheme):[^;]+;")



def on_files(files: Files, config: Any) -> Files:
    """Add assets/tokens.css, and leave out what is no page."""
    for file in [file for file in files if file.src_uri.endswith(".yaml")]:
        files.remove(file)
    files.append(File.generated(config, "assets/tokens.css", content=scheme_css(TOKENS.read_text(encoding="utf-8"))))
    return files


def scheme_css(tokens: str) -> str:
    """The gallery's custom properties, under the names that Material gives dark and light."""
    rules = {selector.strip(): PROPERTY.findall(body) for selector, body in RULE.findall(tokens)}
    every = {DARK: rules[DARK], LIGHT: rules[DARK] + rules[LIGHT]}
    return "".join(f'[data-md-color-scheme="{SCHEMES[selector]}"] {{ {" ".join(every[selector])} }}\n' for selector in SCHEMES)
