"""Help: on commands, on settings, and on the language of films."""

from __future__ import annotations

from collections.abc import Sequence

import click

from render.errors import ConfigError
from render.show.terminal import out


@click.command(name="help", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("words", nargs=-1, metavar="[TOPIC]")
@click.pass_context
def help_(context: click.Context, words: Sequence[str]) -> None:
    """Help on a topic: expressions, easings, times; a command, as in render help print; a setting, as in render help motion.

    Expressions are what numbers that move may be: variables, functions, and their curves.
    """
    whole = context.find_root()
    if not words:
        out(whole.get_help())
        return
    out(_command(whole, words) or _language(" ".join(words), whole))


def _command(whole: click.Context, words: Sequence[str]) -> str:
    """The help of a command, or of a command of a group; nothing where there is none."""
    context = whole
    for word in words:
        group = context.command
        command = group.get_command(context, word) if isinstance(group, click.Group) else None
        if command is None:
            return ""
        context = click.Context(command, context, info_name=word)
    return context.get_help()


def _language(topic: str, whole: click.Context) -> str:
    from render.errors import nearest
    from render.show.language import TOPICS, chapters_on, in_terminal, words_with_help

    chapters = chapters_on(topic)
    if not chapters:
        near = nearest(topic, [*getattr(whole.command, "commands", {}), *words_with_help()])
        hint = f"{near}  topics: {' '.join(TOPICS)}, and each command, setting, function and easing".strip()
        raise ConfigError(f"there is no help on {topic}", hint)
    return "\n".join(in_terminal(chapters))
