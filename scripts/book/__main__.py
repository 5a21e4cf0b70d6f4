"""The command scripts/docs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from book import site, transcripts
from book.pages import DOCS, ROOT, commands_by_picture
from book.strip import seconds, strip


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what is asked, and do it."""
    parser = argparse.ArgumentParser(
        prog="scripts/docs", description="The book: docs/ as a site in build/docs, built offline and tried."
    )
    parser.add_argument("--serve", action="store_true", help="show it while it is being written")
    parser.add_argument("--films", action="store_true", help="render the films that its pages play first")
    parser.add_argument("--errors", action="store_true", help="write what commands say into docs/trouble.md")
    parser.add_argument("--picture", metavar="NAME", help="make a picture of docs/ anew, by its commands in docs/pictures.yaml")
    parser.add_argument("--strip", metavar="FILM", type=Path, help="pictures of a film side by side: --at 1,4,end -o FILE")
    parser.add_argument("--studio", metavar="FILM", help="a picture of the studio's page in which that film is flown: -o FILE")
    parser.add_argument("--at", metavar="SECONDS", default="0,end", help="of which moments, for --strip [0,end]")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, default=Path("strip.jpg"), help="where a picture goes")
    options = parser.parse_args(arguments)
    if options.strip:
        strip(options.strip, seconds(options.at), options.output)
    elif options.studio:
        from book.studio import photograph  # a browser is needed for this alone

        photograph(options.studio, options.output)
    elif options.errors:
        transcripts.rewrite()
    elif options.picture:
        remake(options.picture)
    elif options.serve:
        raise SystemExit(site.mkdocs("serve"))
    else:
        for name in commands_by_picture() if options.films else ():
            if name.startswith(site.FILMS) and not (DOCS / name).exists():
                remake(name)
        folder = site.build()
        if faults := list(site.faults(folder)):
            raise SystemExit("\n".join(faults))
        print(folder / "index.html")


def remake(name: str) -> None:
    """Run the commands that make a picture; ends the program where one of them fails."""
    commands = commands_by_picture().get(name)
    if not commands:
        raise SystemExit(f"docs/pictures.yaml has no {name}")
    for line in commands:
        print(line, file=sys.stderr)
        if subprocess.run(in_this_environment(line), shell=True, cwd=ROOT, check=False).returncode:
            raise SystemExit(f"{name} was not made")


def in_this_environment(line: str) -> str:
    """A command of the table with `render` as this Python has it."""
    return f"{sys.executable} -m {line}" if line.startswith("render ") else line


if __name__ == "__main__":
    main()
