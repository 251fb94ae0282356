"""What keeps pip's cache out of an image already.

Facts of pip (documentation of `pip cache`, "Caching", and measured with pip 26): any value but an empty one in
PIP_NO_CACHE_DIR turns the cache off, `false` and `0` included; `--no-cache` is a valid short form of the option; the cache
is `$PIP_CACHE_DIR`, else `$XDG_CACHE_HOME/pip`, else `~/.cache/pip`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from autofix.fixers.docker.pip_commands import Pip, pip_of
from autofix.languages.commands import Command, Word
from autofix.languages.dockerfile import Dockerfile, Instruction

_SHORTEST = "--no-ca"  # shorter ones are ambiguous to pip's parser
_VARIABLE = re.compile(r"\$\{?(\w+)")
_CACHE_FOLDER = re.compile(r"(?:^|/)\.cache(?:/pip(?:/.*)?)?$")
_HOMES = re.compile(r"/|/root|/home(?:/[^/]+)?")
_REMOVED = re.compile(
    r"(?:^|/)\.cache(?:/?$|/\*|/\{|/pip\b)"  # the cache, or the folder that it lies in
    r"|^(?:~|\$\{?HOME\}?|/root|/home/[^/]+)(?:/\.[^/]*[*?\[{].*|/?)$"  # a pattern for hidden files, the home itself
)
_QUOTES = re.compile("[\"']")
_CONFIGURATION = re.compile(rb"\bpip\.(?:conf|ini)\b|\.pip/|\bPIP_CONFIG_FILE\b|\bpip\d*(?:\.\d+)* config\b")

Environment = Mapping[str, str | None]


def asks_for_none(pip: Pip, environment: Environment) -> bool:
    """Whether the command or its environment says that there is to be no cache, or where the cache is to be."""
    if any(_turns_off(word, environment) for word in (*pip.options, *pip.arguments)):
        return True
    name = "PIP_NO_CACHE_DIR"
    return pip.environment.get(name, "") != "" or (name in environment and environment[name] != "")


def _turns_off(word: Word, environment: Environment) -> bool:
    if word.value is None:
        known = (environment.get(name) or "" for name in _VARIABLE.findall(word.raw))
        return "--no-ca" in word.raw or any("--no-ca" in value or "--cache-dir" in value for value in known)
    option = word.value.partition("=")[0]
    return option == "--cache-dir" or (option.startswith(_SHORTEST) and "--no-cache-dir".startswith(option))


def exported(commands: Sequence[Command], before: int) -> dict[str, str]:
    """What `export name=value` and `name=value` on their own set for the commands behind them."""
    found: dict[str, str] = {}
    for command in commands:
        words = command.words[1:] if command.name == "export" else () if command.words else command.assignments
        if command.start < before:
            found.update((word.raw.partition("=")[0], word.raw.partition("=")[2]) for word in words)
    return found


def mounted(instruction: Instruction, environment: Environment) -> bool:
    """Whether `--mount` puts something else where pip's cache is: a cache mount, a tmpfs, a bound folder."""
    for flag in instruction.flags:
        if not flag.text.startswith("--mount="):
            continue
        options = dict(part.partition("=")[::2] for part in flag.text.removeprefix("--mount=").split(","))
        if options.get("type") in ("secret", "ssh"):
            continue
        target = options.get("target") or options.get("dst") or options.get("destination") or ""
        if target and _holds_cache(target.strip("\"'").rstrip("/") or "/", environment):
            return True
    return False


def _holds_cache(target: str, environment: Environment) -> bool:
    if _CACHE_FOLDER.search(target):
        return True
    chosen = [environment.get("PIP_CACHE_DIR"), _below(environment.get("XDG_CACHE_HOME"))]
    places = [place.rstrip("/") for place in chosen if place]
    names = {f"${name}" for name in ("PIP_CACHE_DIR", "XDG_CACHE_HOME")} | {"${PIP_CACHE_DIR}", "${XDG_CACHE_HOME}"}
    if target in names or any(place == target or place.startswith(target.rstrip("/") + "/") for place in places):
        return True
    return not places and _HOMES.fullmatch(target) is not None


def _below(folder: str | None) -> str | None:
    return f"{folder.rstrip('/')}/pip" if folder else None


def removed(commands: Sequence[Command], after: int) -> bool:
    """Whether a later command of the same RUN removes the cache."""
    return any(_removes(command) for command in commands if command.start > after)


def _removes(command: Command) -> bool:
    pip = pip_of(command)
    if pip is not None:
        return pip.subcommand.value == "cache" and any(word.value in ("purge", "remove") for word in pip.arguments)
    if "rm" not in (command.name, *(word.value for word in command.words[1:2])):
        return False
    options = [word.raw for word in command.words if word.raw.startswith("-")]
    recursive = any("r" in option.lower() for option in options if not option.startswith("--")) or "--recursive" in options
    return recursive and any(_REMOVED.search(_QUOTES.sub("", word.raw)) for word in command.words[1:])


def configured(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> int | None:
    """The 1-based line that brings a configuration of pip before a command: it may turn the cache off."""
    text = dockerfile.source.text
    for earlier in dockerfile.in_force(instruction):
        if _CONFIGURATION.search(earlier.content.text):
            return earlier.start_line
    match = _CONFIGURATION.search(text, instruction.start, command.start)
    return dockerfile.source.line_of(match.start()) if match else None
