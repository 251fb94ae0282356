"""The commands and their options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from autofix.cli.main import INTERRUPTED
from autofix.cli.output import Output
from autofix.version import VERSION

CHANGES_NEEDED = 1
WRONG_USAGE = 2
INCOMPLETE = 4

FORMATS = ("text", "diff", "json")

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class _WithDefault(click.Group):
    """`autofix PATH` is `autofix run PATH`: what is no command's name is a path or an option of `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help", "--version")):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_commands(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(
            "Without a command: `autofix [PATHS]` is `autofix run [PATHS]`; `autofix run --help` lists its options."
        )


@click.group(cls=_WithDefault, context_settings=_CONTEXT)
@click.version_option(VERSION, message="autofix %(version)s")
def cli() -> None:
    """Code and configuration that repairs itself.

    `autofix --dry-run` prints what would change as a diff; `autofix` makes the safe fixes; `autofix undo` puts them back.
    """


def _comma_separated(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def _in_a_folder(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    # Found out before anything is changed.
    if value is not None and not value.parent.is_dir():
        raise click.BadParameter(f"there is no folder {value.parent}")
    return value


def _not_empty(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("there is no command")
    return value


_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_run_options = [
    click.option("--dry-run", is_flag=True, help="Print the changes as a diff that `git apply` takes; write nothing."),
    click.option(
        "--ignore", multiple=True, callback=_comma_separated, metavar="ID,..", help="Leave fixers out: ids, groups or globs."
    ),
    click.option("--since", metavar="REF", help="Only findings on lines that were changed since a commit."),
    click.option(
        "--verify",
        metavar="CMD",
        callback=_not_empty,
        help="Run a shell command in a copy without and with the changes; make them only if nothing that passed fails.",
    ),
    click.option("--default-branch", metavar="NAME", help="The default branch, where git does not tell."),
    click.option("--output-format", type=click.Choice(FORMATS), help="Default: diff for --dry-run, else text."),
    click.option(
        "--output-file",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=_in_a_folder,
        help="Write the output there instead of to stdout.",
    ),
    click.option(
        "--config", "configuration", type=click.Path(path_type=Path, dir_okay=False), help="The configuration file to use."
    ),
    click.option("--jobs", type=click.IntRange(min=1), help="Worker processes at most; default: one a core."),
    click.option("--no-cache", is_flag=True, help="Neither read nor write summaries of earlier runs."),
    click.option("--allow-dirty", is_flag=True, help="Also change files with uncommitted changes."),
    click.option("--exit-zero", is_flag=True, help="Exit with 0 even when changes are needed."),
    click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 when something was fixed."),
    click.option("-q", "--quiet", is_flag=True, help="Only the diff or the document, and what failed."),
    click.option("-v", "--verbose", is_flag=True, help="Also suggestions and the files that were left alone."),
    click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", show_default=True),
]


def _with_run_options(command: click.decorators.FC) -> click.decorators.FC:
    for option in reversed(_run_options):
        command = option(command)
    return command


@cli.command()
@_paths
@click.option(
    "--select", multiple=True, callback=_comma_separated, metavar="ID,..", help="Run only these: ids, groups, globs, recipes."
)
@click.option("--unsafe/--no-unsafe", default=None, help="Also make fixes that may change the meaning.")
@_with_run_options
def run(paths: tuple[Path, ...], select: tuple[str, ...], unsafe: bool | None, **options: Any) -> None:
    """Find problems below PATHS (default: here) and fix them."""
    _execute(paths, select or None, unsafe, {**options, "wants_all": False})


@cli.command()
@click.argument("recipe")
@_paths
@_with_run_options
def migrate(recipe: str, paths: tuple[Path, ...], **options: Any) -> None:
    """Carry out a migration by name, its unsafe fixes included. `autofix fixers` lists the names."""
    from autofix.registry import RECIPES, load

    known = [*RECIPES, *load().fixers]
    if recipe not in known:
        from autofix.project.configuration import nearest

        fail(f"there is no recipe {recipe!r}{nearest(recipe, known)}")
    _execute(paths, (recipe,), True, {**options, "wants_all": True})


def _execute(paths: tuple[Path, ...], select: tuple[str, ...] | None, unsafe: bool | None, options: dict[str, Any]) -> NoReturn:
    from autofix.project.discovery import Listing, NotFound

    try:
        listing = Listing([path.absolute() for path in paths or (Path(),)], click.get_current_context().obj)
        from autofix.cli.running import run_command

        sys.exit(run_command(listing, paths, select, unsafe, **options))
    except NotFound as error:
        fail(str(error))
    except KeyboardInterrupt:
        Output("auto").error("interrupted; files that were written can be put back with `autofix undo`")
        sys.exit(INTERRUPTED)


@cli.command()
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def fixers(output_format: str) -> None:
    """List the fixers, their groups and the recipes."""
    from autofix.documentation import listing, listing_json
    from autofix.registry import load

    registry = load()
    click.echo(listing_json(registry) if output_format == "json" else listing(registry))


@cli.command()
@click.argument("fixer")
def explain(fixer: str) -> None:
    """Show what a fixer does, why, an example, and how safe it is."""
    from autofix.documentation import explanation
    from autofix.registry import UnknownSelector, load

    try:
        found = load().matching([fixer])
    except UnknownSelector as error:
        fail(str(error))
    click.echo("\n".join(explanation(each) for each in found.values()), nl=False)


@cli.command()
@click.argument("path", default=".", type=click.Path(path_type=Path, file_okay=False, exists=True))
def undo(path: Path) -> None:
    """Put back what the last run changed."""
    from autofix.cli.running import undo_command

    sys.exit(undo_command(path))


def fail(message: str) -> NoReturn:
    """End with the exit code for wrong usage or configuration."""
    Output("auto").error(message)
    sys.exit(WRONG_USAGE)
