"""This machine: what it has of what films need."""

from __future__ import annotations

from pathlib import Path

import click

from render.cli.options import ROOT
from render.errors import MissingError
from render.show.terminal import out, say


@click.command()
@ROOT
def doctor(root: Path) -> None:
    """What this machine has of what films need, and the line that brings what is missing: text to paste into a report."""
    say("looking at this machine")  # seconds pass until torch is there

    from render.show.doctor import examine, report

    findings = examine(root)
    out(report(findings))
    if any(finding.needed for finding in findings):
        raise MissingError("films cannot be rendered here yet; the lines after → are the cure")
