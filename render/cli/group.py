"""The command `render`: its commands, and how it reads the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from render.cli.configs import from_, import_, new, schema
from render.cli.film import enlarge, film
from render.cli.help import help_
from render.cli.look import check, plot, preview
from render.cli.machine import doctor
from render.cli.many import gallery, sweep
from render.cli.networks import atlas, classes, layers, weights
from render.cli.studio import studio_
from render.cli.takes import join, print_, trim
from render.show.terminal import out, while_somebody_reads

# One line a room of commands.
COMMANDS: Sequence[click.Command] = [
    *(film, enlarge, sweep, gallery),
    *(check, preview, plot),
    *(print_, trim, join),
    *(new, from_, import_, schema),
    *(layers, classes, atlas, weights),
    *(studio_, doctor, help_),
]

EPILOG = """\b
render help expressions     the language of numbers that move; also easings, times, a command, or a setting

\b
Exit codes: 0 done · 1 a render failed · 2 bad command line or configuration · 3 missing or unreadable input, weights,
encoder or folder · 4 developing failed (the negative is safe) · 5 out of memory or disk · 130 interrupted (the film so
far is developed). A queue goes on after a failure and ends with the highest code.
"""


class Commands(click.Group):
    """`render CONFIG...` means `render film CONFIG...`, and the options of that stand in the help of the whole."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word `film` before what does not begin with a command."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names, "--version"):
            args = ["film", *args]
        return super().parse_args(ctx, args)

    def make_context(self, *words: Any, **more: Any) -> click.Context:
        """The same; click's own end of what nobody reads is a fault."""
        with while_somebody_reads():
            return super().make_context(*words, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """The same."""
        with while_somebody_reads():
            return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The film's options first."""
        with formatter.section("Options of render CONFIG..."):
            options = (option for option in self.commands["film"].params if isinstance(option, click.Option))
            formatter.write_dl([record for option in options if (record := option.get_help_record(ctx))])
        super().format_options(ctx, formatter)


def _show_version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import render

        out(f"render, version {render.__version__}")
        ctx.exit()


@click.group(
    cls=Commands,
    commands=COMMANDS,
    epilog=EPILOG,
    options_metavar="",
    subcommand_metavar="[OPTIONS] CONFIG... | COMMAND ...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="The version.")
def command_line() -> None:
    """Films of a neural network dreaming.

    \b
    render configs/zoom.yaml                            render the film that a YAML file asks for
    render configs/*.yaml -q draft                      a queue, small and soon
    render configs/zoom.yaml --set dream.steps=6        with another setting
    """
