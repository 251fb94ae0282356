"""The configuration of pytest: who runs coroutine functions, and in which event loop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from autofix.fixer import CreateFile, Project
from autofix.fixers.sqlalchemy.inference.fixtures import fixture_name, folders
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import Engine, Maker, Session
from autofix.fixers.sqlalchemy.migration.changes import Migration
from autofix.fixers.sqlalchemy.suites.functions import is_test_function, scope
from autofix.languages import toml
from autofix.text.edit import Edit, insert
from autofix.text.source import Source

# The files that pytest looks for in each folder, in this order, with the section that makes one its own
# (pytest documentation, "Initialization: determining rootdir and configfile").
_SECTIONS = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_ALWAYS_ITS_OWN = ("pytest.ini", ".pytest.ini")
_NAMES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_TABLE: toml.Path = ("tool", "pytest", "ini_options")
_MODE = "asyncio_mode"
_SCOPES = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")


def rewrite(migration: Migration, project: Project, changing: Set[str]) -> None:
    """Let pytest-asyncio run the coroutine functions of every suite that gets some: in the files `changing`."""
    functions = [
        function
        for path in sorted(changing & migration.files.keys())
        for function in migration.functions_of(path)
        if _is_run_by_pytest(migration, function)
    ]
    if not functions:
        return
    migration.test_requirements.add("pytest-asyncio")
    # The scope of fixtures is always written: releases before 1.0 warn where it is not.
    loop = dict.fromkeys(_SCOPES, "session") if _shares_loop(migration, functions, changing) else {_SCOPES[0]: "function"}
    settings = {_MODE: "auto", **loop}
    for path in sorted({_configuration(project, function.path) for function in functions}):
        _configure(migration, project, path, settings)


def _is_run_by_pytest(migration: Migration, function: FunctionInfo) -> bool:
    if function.key not in migration.colours.because:
        return False
    return bool(fixture_name(function)) or is_test_function(migration.inference, function)


def _shares_loop(migration: Migration, functions: list[FunctionInfo], changing: Set[str]) -> bool:
    """Whether connections or clients are kept over the end of a test, and with them the loop that they belong to."""
    if any(scope(function) != "function" for function in functions):
        return True
    inference = migration.inference
    return any(
        isinstance(inference.global_name(path, name, path), Engine | Maker | Session)
        for path in changing & migration.files.keys()
        for name in inference.program.bindings[path]
    )


def _configuration(project: Project, test: str) -> str:
    """The file that pytest is configured in for a test; one that has to be made where there is none."""
    for folder in folders(test):
        for name in _NAMES:
            if f"{folder}{name}" in project.paths and _is_configuration(project, f"{folder}{name}"):
                return f"{folder}{name}"
    for folder in folders(test):
        if f"{folder}pyproject.toml" in project.paths:
            return f"{folder}pyproject.toml"
    return "pytest.ini"


def _is_configuration(project: Project, path: str) -> bool:
    source = project.source(path)
    name = path.rpartition("/")[2]
    if source is None:
        return False
    if name == "pyproject.toml":
        return _document(source) is not None and _has_table(source)
    return name in _ALWAYS_ITS_OWN or _header(source, _SECTIONS[name]) is not None


def _document(source: Source) -> toml.Document | None:
    try:
        return toml.parse(source)
    except toml.TomlError:
        return None


def _has_table(source: Source) -> bool:
    document = toml.parse(source)
    return document.table(*_TABLE) is not None or document.value(*_TABLE) is not None


def _configure(migration: Migration, project: Project, path: str, settings: dict[str, str]) -> None:
    source = project.source(path)
    if source is None:
        text = "[pytest]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())
        migration.operations.append(CreateFile(path, text.encode()))
        return
    try:
        edits = _toml_edits(source, settings) if path.endswith(".toml") else _ini_edits(source, settings)
    except (toml.CannotEdit, toml.TomlError) as error:
        wanted = ", ".join(f"{key} = {value}" for key, value in settings.items())
        migration.remarks.append(f"{path}: pytest needs {wanted} ({error})")
        return
    migration.other_edits.setdefault(path, []).extend(edits)


def _toml_edits(source: Source, settings: dict[str, str]) -> list[Edit]:
    if not _has_table(source):
        return toml.insert_table(source, _TABLE, settings)
    document, edits = toml.parse(source), list[Edit]()
    for key, value in settings.items():
        there = document.value(*_TABLE, key)
        if there is None:
            edits += toml.insert_key(source, (*_TABLE, key), value)
        elif key == _MODE and source.slice(there.start, there.end).strip("\"'") != value:
            edits += toml.replace_value(source, there, value)
    return edits


def _ini_edits(source: Source, settings: dict[str, str]) -> list[Edit]:
    """New settings right below the header of the section: no value of more than one line is cut there."""
    section = _SECTIONS[source.path.rpartition("/")[2]]
    header = _header(source, section)
    if header is None:
        text = f"[{section}]{source.newline}"
        at = len(source.text)
        return [insert(at, text + _lines(source, settings))]
    present = dict(_options(source, header))
    edits = [insert(header, _lines(source, {key: value for key, value in settings.items() if key not in present}))]
    for key, (start, end) in present.items():
        if key == _MODE and source.slice(start, end).strip() != settings[_MODE]:
            edits.append(Edit(start, end, f" {settings[_MODE]}"))
    return [edit for edit in edits if edit.replacement]


def _lines(source: Source, settings: dict[str, str]) -> str:
    return "".join(f"{key} = {value}{source.newline}" for key, value in settings.items())


_HEADER = re.compile(r"^\[([^\]\n]+)\][^\n]*\n?", re.MULTILINE)
_OPTION = re.compile(r"^(\w[\w.-]*)[ \t]*[=:]([^\r\n]*)", re.MULTILINE)


def _header(source: Source, section: str) -> int | None:
    """The offset behind the line of a section's header."""
    text = source.text.decode()
    for match in _HEADER.finditer(text):
        if match[1].strip() == section:
            return len(text[: match.end()].encode())
    return None


def _options(source: Source, start: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The options of the section that starts at an offset, each with the place of its (first line of) value."""
    text = source.text[start:].decode()
    end = next((match.start() for match in _HEADER.finditer(text)), len(text))
    for match in _OPTION.finditer(text, 0, end):
        yield match[1], (start + len(text[: match.start(2)].encode()), start + len(text[: match.end(2)].encode()))
