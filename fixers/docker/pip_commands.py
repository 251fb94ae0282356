"""Which commands of a RUN are pip, and what they are told. The options are those of `pip --help`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autofix.languages.commands import Command, Word
from autofix.languages.dockerfile import Instruction

_PIP = re.compile(r"pip\d*(?:\.\d+)*")
_PYTHON = re.compile(r"(?:python|pypy)\d*(?:\.\d+)*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
# General options of pip that take the next word as their value.
_WITH_VALUE = frozenset(
    "--" + name
    for name in (
        *(
            "cache-dir",
            "cert",
            "client-cert",
            "default-timeout",
            "exists-action",
            "keyring-provider",
            "log",
            "log-file",
            "proxy",
        ),
        *("python", "resume-retries", "retries", "timeout", "trusted-host", "use-deprecated", "use-feature"),
    )
)
# Commands that run the rest of their words, with their options that take a value.
_WRAPPERS: Mapping[str, frozenset[str]] = {
    "sudo": frozenset(("-u", "-g", "-p", "-C", "-h", "--user", "--group")),
    "env": frozenset(("-u", "--unset", "-C", "--chdir")),
    "nice": frozenset(("-n",)),
    "command": frozenset(),
    "exec": frozenset(),
    "nohup": frozenset(),
    "time": frozenset(),
}
_OPAQUE = re.compile(rb"\bpip\d*(?:\.\d+)*\s+(?:-\S+\s+)*install\b(?![^\n;&|]*--no-cache)")


@dataclass(frozen=True)
class Pip:
    """`pip OPTIONS subcommand ARGUMENTS`, with what is set for this command alone."""

    command: Command
    program: Word
    """The word that names pip: for `python -m pip` the last of the three."""
    options: Sequence[Word]
    subcommand: Word
    arguments: Sequence[Word]
    environment: Mapping[str, str]


def pip_of(command: Command) -> Pip | None:
    """The call of pip that a simple command is, also behind `sudo`, `env` and the like; None where it is none."""
    environment = dict(_setting(word) for word in command.assignments)
    words = list(command.words)
    while words and _name(words[0]) in _WRAPPERS:
        words = _unwrapped(words, environment)
    if words and _PYTHON.fullmatch(_name(words[0])):
        words = _module(words)
    if not words or not _PIP.fullmatch(_name(words[0])):
        return None
    at = _behind_options(words, 1, _WITH_VALUE)
    if at is None or at >= len(words) or words[at].value is None:
        return None
    return Pip(command, words[0], words[1:at], words[at], words[at + 1 :], environment)


def as_command(instruction: Instruction) -> Command:
    """The JSON form of a RUN as a command: no shell reads its words."""
    words = tuple(Word(item.text, item.text, item.start, item.end) for item in instruction.items or ())
    return Command((), words, (), words[0].start, words[-1].end, "", "", ())


def mentions_install(text: bytes) -> re.Match[bytes] | None:
    """Where a text that is not read as commands looks like `pip install` with a cache."""
    return _OPAQUE.search(text)


def _name(word: Word) -> str:
    """The program of a word. The folder in front may be a variable, the name may not."""
    if word.value is not None:
        return word.value.rpartition("/")[2]
    _, slash, name = word.raw.removesuffix('"').rpartition("/")
    return name if slash else ""


def _setting(word: Word) -> tuple[str, str]:
    name, _, value = (word.value if word.value is not None else word.raw).partition("=")
    return name, value


def _unwrapped(words: list[Word], environment: dict[str, str]) -> list[Word]:
    at = _behind_options(words, 1, _WRAPPERS[_name(words[0])])
    while at is not None and at < len(words) and _ASSIGNMENT.match(words[at].raw):
        environment.update([_setting(words[at])])
        at += 1
    return words[at:] if at is not None else []


def _module(words: list[Word]) -> list[Word]:
    """What follows `python .. -m`; nothing where Python runs something else."""
    for at, word in enumerate(words[1:], 1):
        option = word.value or ""
        if re.fullmatch(r"-[bBdEIOPqsSuv]*m", option):
            return words[at + 1 :]
        if not re.fullmatch(r"-[bBdEIOPqsSuv]+", option):
            return []
    return []


def _behind_options(words: Sequence[Word], at: int, with_value: frozenset[str]) -> int | None:
    """The index of the first word that is no option; None where an option cannot be read."""
    while at < len(words):
        value = words[at].value
        if value is None:
            return None
        if not value.startswith("-"):
            return at
        at += 2 if value in with_value else 1
        if value == "--":
            return at
    return at
