"""Import paths in files that are not Python: where each kind of file keeps commands and entry points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from autofix.fixer import Applicability
from autofix.fixers.python.moved_imports.commands import PathText, paths_in_command
from autofix.languages import Language, language_of
from autofix.text.source import Source


class Mention(NamedTuple):
    """An import path in a place where a program will import it."""

    path: PathText
    position: str
    applicability: Applicability = Applicability.SAFE


_PATH = rb"([A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*)?)"
_ENVIRONMENT = re.compile(
    rb"\b(?:DJANGO_SETTINGS_MODULE|FLASK_APP|APP_MODULE|CELERY_APP)[\"']?[ \t]*[=:][ \t]*[\"']?" + _PATH + rb"(?=[\"'\s,]|\Z)"
)
_COMMENT = re.compile(rb"(?:^|(?<=[ \t]))#[^\r\n]*", re.MULTILINE)
_LINE = re.compile(rb"[^\r\n]+")
_INSTRUCTION = re.compile(
    rb"^[ \t]*(?:CMD|ENTRYPOINT|RUN|HEALTHCHECK)\b(?:[^\r\n\\]|\\[^\r\n]|\\[ \t]*(?:\r?\n|\r)(?:[ \t]*(?:\r?\n|\r))*)*",
    re.MULTILINE | re.IGNORECASE,
)
# compose, GitHub and GitLab workflows, Kubernetes, Render, Railway, Heroku, supervisord, tox.
_COMMAND_KEY = re.compile(
    rb"^([ \t]*(?:-[ \t]+)?)[\"']?(command|commands|entrypoint|run|args|script|before_script|cmd|test|start|web|worker|release|"
    rb"startCommand|buildCommand|preDeployCommand|start_command)[\"']?[ \t]*[:=](?=[ \t\r\n]|[\"'\[]|\w)",
    re.MULTILINE,
)
# Commands when written on one line; with more below them they are services, jobs or triggers.
_SHORT_KEYS = frozenset((b"test", b"start", b"web", b"worker", b"release"))
_LISTS_OF_COMMANDS = frozenset((b"commands", b"script", b"before_script"))
_SECTION = re.compile(rb"^[ \t]*\[+[ \t]*([^\]\r\n]+?)[ \t]*\]+[ \t]*(?:#[^\r\n]*)?\r?$", re.MULTILINE)
_QUOTED = re.compile(rb"[\"']" + _PATH + rb"[\"']")
_ASSIGNED = re.compile(rb"=[ \t]*[\"']?" + _PATH + rb"(?=[\"'\s\[]|\Z)")
_TASKS = re.compile(
    rb"tool\.(?:poe|taskipy)\.tasks.*|tool\.pdm\.scripts.*|tool\.hatch\.envs\..*scripts|processes|phases\..*|start|deploy|build|tool\.pytest\.ini_options"
    rb"|pytest|tool:pytest|program:.*|testenv.*"
)
_ENTRY_TABLES = re.compile(
    rb"project\.(?:gui-)?scripts|project\.entry-points\..+|tool\.poetry\.(?:scripts|plugins\..+)|tool\.flit\.(?:scripts|entrypoints\..+)"
    rb"|options\.entry_points|entry_points"
)
_MODULE_KEYS = {
    # table: keys that hold module names
    rb"tool\.coverage\.run|run|coverage:run": rb"source|source_pkgs",
    rb"tool\.mypy\.overrides": rb"module",
    rb"uwsgi": rb"module|wsgi|mount",
    rb"tool\.fastapi": rb"entrypoint",
}
_PYTEST_OPTIONS = re.compile(rb"^[ \t]*addopts[ \t]*=(?:[ \t]*\[[^\]]*\]|[^\r\n]*(?:\r?\n[ \t]+[^\r\n]+)*)", re.MULTILINE)
_ATTRIBUTE = re.compile(rb"\battr[ \t]*[:=][ \t]*[\"']?" + _PATH + rb"(?=[\"'\s}]|\Z)")
# alembic: a package and, after the colon, a folder in it.
_MIGRATIONS = re.compile(rb"^[ \t]*script_location[ \t]*=[ \t]*[\"']?([A-Za-z_][\w.]*)(?=:)", re.MULTILINE)
_QUALNAME = re.compile(rb"^[ \t]*qualname[ \t]*=[ \t]*" + _PATH + rb"[ \t]*\r?$", re.MULTILINE)


def mentions(source: Source) -> Iterator[Mention]:
    """Every import path in a file of another language than Python, at positions where it will be imported."""
    text = source.text
    # Comments become blanks of the same length: offsets stay.
    plain = _COMMENT.sub(lambda match: b" " * len(match.group()), text)
    language = language_of(source.path)
    seen: set[int] = set()
    for mention in _found(plain, language):
        if mention.path.start not in seen:
            seen.add(mention.path.start)
            yield mention


def _found(text: bytes, language: Language | None) -> Iterator[Mention]:
    for match in _ENVIRONMENT.finditer(text):
        yield _mention(match, "an environment variable")
    if language in (Language.PROCFILE, Language.SHELL):
        yield from _commands(text, (match.span() for match in re.finditer(rb"(?s).+", text)))
    elif language is Language.DOCKERFILE:
        yield from _commands(text, (match.span() for match in _INSTRUCTION.finditer(text)))
    elif language is Language.YAML:
        for start, end, is_list_of_commands in _yaml_commands(text):
            value = text[start:end].lstrip()
            yield from _commands(text, [(start, end)], one=not is_list_of_commands and value.startswith((b">", b"- ")))
    elif language in (Language.TOML, Language.INI):
        yield from _tables(text)


def _commands(text: bytes, ranges: Iterable[tuple[int, int]], *, one: bool = False, program: bytes = b"") -> Iterator[Mention]:
    for start, end in ranges:
        for path in paths_in_command(text, start, end, one=one, program=program):
            yield Mention(path, "a command")


def _mention(match: re.Match[bytes], position: str, applicability: Applicability = Applicability.SAFE) -> Mention:
    return Mention(PathText(match.start(1), match.end(1), match.group(1).decode("ascii")), position, applicability)


def _yaml_commands(text: bytes) -> Iterator[tuple[int, int, bool]]:
    """The value of each key that holds a command: the rest of its line and the deeper lines below it.

    True where the items of a sequence are commands of their own rather than words of one.
    """
    done = 0
    for key in _COMMAND_KEY.finditer(text):
        if key.start() < done or (key.group(2) in _SHORT_KEYS and not text[key.end() : _line_end(text, key.end())].strip()):
            continue
        indent = len(key.group(1))
        dash = indent - len(key.group(1).lstrip(b" \t"))
        end = _line_end(text, key.end())
        while end < len(text):
            line = _LINE.match(text, _next_line(text, end))
            if line is not None and line.group().strip():
                depth = len(line.group()) - len(line.group().lstrip(b" \t"))
                item = line.group()[depth:].startswith(b"- ") and dash == indent
                if depth < indent or (depth == indent and not item):
                    break
            following = _next_line(text, end)
            end = _line_end(text, following)
            if following >= len(text):
                break
        yield key.end(), end, key.group(2) in _LISTS_OF_COMMANDS
        done = end


def _line_end(text: bytes, at: int) -> int:
    match = re.compile(rb"[\r\n]").search(text, at)
    return len(text) if match is None else match.start()


def _next_line(text: bytes, line_end: int) -> int:
    return line_end + (2 if text[line_end : line_end + 2] == b"\r\n" else 1)


def _tables(text: bytes) -> Iterator[Mention]:
    """TOML and INI files, table by table."""
    heads = list(_SECTION.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, end in zip(heads, ends, strict=False):
        yield from _table(text, re.sub(rb"[\"']", b"", head.group(1)), head.end(), end)


def _table(text: bytes, name: bytes, start: int, end: int) -> Iterator[Mention]:
    if _ENTRY_TABLES.fullmatch(name):
        for match in _ASSIGNED.finditer(text, start, end):
            yield _mention(match, "an entry point")
    if _TASKS.fullmatch(name):
        yield from _commands(text, [(start, end)])
    for match in _PYTEST_OPTIONS.finditer(text, start, end):
        yield from _commands(text, [match.span()], one=True, program=b"pytest")
    for match in _ATTRIBUTE.finditer(text, start, end):
        yield _mention(match, "an attribute that the build reads")
    for match in _QUALNAME.finditer(text, start, end):
        yield _mention(match, "a logger name", Applicability.UNSAFE)
    for tables, keys in _MODULE_KEYS.items():
        if re.fullmatch(tables, name):
            yield from _module_values(text, keys, start, end)
    for match in _MIGRATIONS.finditer(text, start, end):
        yield _mention(match, "the folder of migrations")


def _module_values(text: bytes, keys: bytes, start: int, end: int) -> Iterator[Mention]:
    """The module names of some keys, quoted in TOML, one a line in INI."""
    key = re.compile(rb"^[ \t]*(?:" + keys + rb")[ \t]*=((?:[ \t]*\[[^\]]*\]|[^\r\n]*(?:\r?\n[ \t]+[^\r\n]+)*))", re.MULTILINE)
    for value in key.finditer(text, start, end):
        bare = not re.search(rb"[\"']", value.group(1))
        words = re.compile(rb"(?<![^\s,])" + _PATH + rb"(?![^\s,])") if bare else _QUOTED
        for match in words.finditer(text, value.start(1), value.end(1)):
            yield _mention(match, "a module name")
