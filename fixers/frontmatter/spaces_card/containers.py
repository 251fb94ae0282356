"""What a Dockerfile says of a Space: the port that its program listens on, and whether it runs as user 1000."""

from __future__ import annotations

import re

from autofix.fixer import Source
from autofix.fixers.frontmatter.spaces_card.facts import Container, Port
from autofix.languages import dockerfile

# The options of uvicorn, gunicorn, hypercorn, streamlit, flask and http.server kin.
_PORT_OPTION = re.compile(r"(?<!\S)(?:--port|--server\.port|--server[-_]port|-p)[ =]+[\"']?(\S+?)[\"']?(?=\s|$)")
_BIND_OPTION = re.compile(r"(?<!\S)(?:--bind|-b)[ =]*[\"']?[^\s\"':]*:(\S+?)[\"']?(?=\s|$)")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_USER_1000 = re.compile(r"\b(?:useradd|adduser)\b[^&|;]*?\s(?:-[a-zA-Z]*u|--uid)[ =]*1000\b")


def summarize(source: Source) -> Container | None:
    """None where the file cannot be read, or has no stage."""
    parsed = dockerfile.parse(source)
    if parsed.refusal is not None or not parsed.stages:
        return None
    last = parsed.stages[-1]
    # A stage goes on where the one that it builds on ended.
    at_end = [*parsed.in_force(last.instructions[-1]), last.instructions[-1]]
    commands = {item.keyword: item for item in at_end if item.keyword in ("CMD", "ENTRYPOINT")}
    variables = {pair.name: pair.value or "" for item in at_end if item.keyword == "ENV" for pair in item.pairs}
    command = next((port for item in commands.values() if (port := _command_port(item, variables)) is not None), None)
    exposed = {port.number: port for item in at_end if item.keyword == "EXPOSE" for port in _exposed(item, variables)}
    return Container(source.path, command, tuple(exposed.values()), any(map(_is_user_1000, at_end)))


def _command_port(command: dockerfile.Instruction, variables: dict[str, str]) -> Port | None:
    text = " ".join(word.text for word in command.words)
    found = {port for match in _options(text) if (port := _number(match, variables)) is not None}
    return Port(found.pop(), command.start_line) if len(found) == 1 else None


def _options(text: str) -> list[str]:
    return [match[1] for pattern in (_PORT_OPTION, _BIND_OPTION) for match in pattern.finditer(text)]


def _number(text: str, variables: dict[str, str]) -> int | None:
    """A port, also by a variable with a value in ENV, or a default behind `:-`."""
    text = _VARIABLE.sub(lambda match: variables.get(match[1] or match[3]) or match[2] or "", text)
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None


def _exposed(expose: dockerfile.Instruction, variables: dict[str, str]) -> list[Port]:
    ports = [_number(word.text.removesuffix("/tcp"), variables) for word in expose.words]
    return [Port(port, expose.start_line) for port in ports if port is not None]


def _is_user_1000(instruction: dockerfile.Instruction) -> bool:
    text = instruction.arguments.text.decode("utf-8", "replace")
    if instruction.keyword == "USER":
        return re.match(r"1000(?::|$)", text) is not None
    return instruction.keyword == "RUN" and _USER_1000.search(text) is not None
