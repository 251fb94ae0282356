"""Which database an engine connects to, as far as the text of a repository tells."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from autofix.fixer import Language, Project, Source
from autofix.fixers.sqlalchemy.engines.literals import literal
from autofix.languages import language_of
from autofix.languages.python.code import (
    Assign,
    Attribute,
    Call,
    Conditional,
    Constant,
    Expression,
    Import,
    Name,
    Operation,
    Statement,
    Subscript,
)
from autofix.languages.python.code_reading import read
from autofix.languages.python.modules import ModuleIndex
from autofix.languages.python.scopes import Kind, scopes

# Names that lead to names: far more than anybody writes.
_DEEPEST = 6


class Address(NamedTuple):
    """A database URL as it is written, with NUL bytes where an expression makes a part of it."""

    url: str
    place: str
    """`path:line`."""

    @property
    def host(self) -> str:
        """The host; empty where the URL has none, and with NUL bytes where it is made at run time."""
        rest = self.url.partition("://")[2]
        return re.split(r"[/?]", rest, maxsplit=1)[0].rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Addresses:
    """What an engine may connect to; with `is_complete` nothing else."""

    found: tuple[Address, ...] = ()
    is_complete: bool = False

    def driver(self) -> str:
        """The driver's name in every URL, `postgresql+asyncpg`; empty where it is not known."""
        names = {address.url.partition(":")[0] for address in self.found}
        return names.pop() if len(names) == 1 else ""


def addresses(source: Source, expression: Expression, project: Project, depth: int = 0) -> Addresses:
    """The URLs that an expression may be: written there, behind names, behind imports, and as defaults of the environment."""
    written = literal(source.text, expression)
    if written is not None:
        found = Address(written.shape, f"{source.path}:{source.line_of(expression.start)}")
        return Addresses((found,), is_complete="\0" not in found.host)
    if depth >= _DEEPEST:
        return Addresses()
    match expression:
        case Name():
            return _of_name(source, expression, project, depth + 1)
        case Conditional(body=body, other=other):
            return _joined(addresses(source, part, project, depth + 1) for part in (body, other))
        case Operation(operators=operators, operands=operands) if set(operators) == {"or"}:
            return _joined(addresses(source, part, project, depth + 1) for part in operands)
        case Call(function=Attribute(value=inner, name="replace" | "set" | "render_as_string")):
            return _open(addresses(source, inner, project, depth + 1))
        case Call(function=Name(name="str" | "make_url"), arguments=(only,)):
            return addresses(source, only.value, project, depth + 1)
        case Call() | Subscript():
            return _of_environment(source, expression, project, depth + 1)
    return Addresses()


def _joined(parts: Iterator[Addresses]) -> Addresses:
    known = list(parts)
    return Addresses(tuple(found for part in known for found in part.found), all(part.is_complete for part in known))


def _open(known: Addresses) -> Addresses:
    return Addresses(known.found, is_complete=False)


def _of_name(source: Source, name: Name, project: Project, depth: int) -> Addresses:
    binding = scopes(source).binding_at(name.start)
    if binding is None or len(binding.targets) != 1:
        return Addresses()
    if binding.targets[0].kind is Kind.IMPORT:
        return _imported(source, name.name, project, depth)
    return _assigned(source, name.name, project, depth) if binding.scope is scopes(source).scope else Addresses()


def _assigned(source: Source, name: str, project: Project, depth: int) -> Addresses:
    """What the module binds a name to, if it does so once."""
    values = [statement.value for statement in read(source).body if _binds(statement, name) and isinstance(statement, Assign)]
    if len(values) != 1 or values[0] is None:
        return Addresses()
    return addresses(source, values[0], project, depth)


def _binds(statement: Statement, name: str) -> bool:
    if not isinstance(statement, Assign):
        return False
    return any(isinstance(target, Name) and target.name == name for target in statement.targets)


def _imported(source: Source, name: str, project: Project, depth: int) -> Addresses:
    for statement in read(source).body:
        if isinstance(statement, Import) and statement.module is not None:
            for item in statement.names:
                if item.bound == name:
                    path = ModuleIndex(project.paths).resolve(source.path, statement.level, statement.module)
                    other = project.source(path) if isinstance(path, str) else None
                    return _assigned(other, item.name, project, depth) if other is not None else Addresses()
    return Addresses()


_ENVIRONMENT = re.compile(rb"(?:os\.)?(?:getenv|environ(?:\.get)?|environ)\s*[(\[]|(?:config|env)(?:\.str)?\s*\(")


def _of_environment(source: Source, expression: Call | Subscript, project: Project, depth: int) -> Addresses:
    """The default of a variable of the environment, and the values that dotenv files of the repository give it."""
    opening = expression.open
    head = source.text[expression.start : opening + 1]
    if _ENVIRONMENT.fullmatch(head) is None:
        return Addresses()
    if isinstance(expression, Subscript):
        return Addresses(tuple(_of_variable(expression.key, project)))
    given = [argument.value for argument in expression.arguments]
    defaults = _joined(addresses(source, value, project, depth) for value in given[1:])
    return Addresses((*defaults.found, *(_of_variable(given[0], project) if given else ())))


def _of_variable(name: Expression, project: Project) -> Iterator[Address]:
    if isinstance(name, Constant) and isinstance(name.value, str):
        setting = re.compile(rb"(?m)^[ \t]*(?:export[ \t]+)?%s[ \t]*=[ \t]*[\"']?([^\s\"']+)" % re.escape(name.value.encode()))
        for path in sorted(project.paths):
            source = project.source(path) if language_of(path) is Language.DOTENV else None
            for match in setting.finditer(source.text) if source is not None else ():
                yield Address(match[1].decode(), f"{path}:{source.line_of(match.start(1)) if source is not None else 0}")


# Hosts of Neon (neon.com/docs, "connect from any application"), which suspends a database after five minutes without queries.
_NEON_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.neon\.tech\b")
_NEON_IN_TEXT = re.compile(rb"(?m)^(?![ \t]*(?:#|//)).*?\b((?:[\w-]+\.)+neon\.tech)\b")
_NEON_IN_DOCUMENTS = re.compile(rb"\b((?:[\w-]+\.)*neon\.(?:tech|com))\b")
_NEON_SITE = re.compile(rb"(?:(?:www|console|docs|api)\.)?neon\.(?:tech|com)")
# A document that names several providers leaves the choice to whoever reads it.
_OTHER_PROVIDERS = re.compile(rb"(?i)supabase|heroku|railway|amazonaws|\bRDS\b|cloud sql|aiven|digitalocean|\bAzure\b")
_CONFIGURATION = re.compile(r"(?:^|/)[^/]*(?:settings|config|database|db|env|constants)[^/]*\.py$")
_DOCUMENTS = re.compile(r"(?:^|/)(?:README|DEPLOY\w*)[^/]*$|(?:^|/)docs?/.*\.md$", re.IGNORECASE)
_MANIFEST = re.compile(r"(?:^|/)(?:pyproject\.toml|requirements[^/]*\.txt|setup\.(?:py|cfg)|Pipfile|package\.json)$")


def neon_host(address: Address) -> str:
    """The host of Neon in an address; empty where it is another one."""
    found = _NEON_HOST.search(address.host)
    return found[0] if found else ""


def neon_evidence(path: str, known: Addresses, project: Project) -> tuple[str, str] | None:
    """The host and the place that say that an engine in `path` connects to Neon; None where nothing does."""
    for address in known.found:
        if host := neon_host(address):
            return host, address.place
    return None if known.is_complete else _in_repository(path, project)


def _in_repository(engine: str, project: Project) -> tuple[str, str] | None:
    folders = {path.rpartition("/")[0] for path in project.paths if _MANIFEST.search(path)}
    own = _project_folder(engine, folders)
    for path in sorted(project.paths):
        # What another service of the repository connects to says nothing.
        pattern = _pattern(path) if _is_around(_project_folder(path, folders), own) else None
        source = project.source(path) if pattern is not None else None
        found = pattern.search(source.text) if source is not None and pattern is not None else None
        if found is None or source is None:
            continue
        if _NEON_SITE.fullmatch(found[1]) is None or _OTHER_PROVIDERS.search(source.text) is None:
            return found[1].decode(), f"{path}:{source.line_of(found.start(1))}"
    return None


def _project_folder(path: str, folders: Collection[str]) -> str:
    """The folder around a file that has a manifest of its own; the root where none has."""
    folder = path.rpartition("/")[0]
    while folder and folder not in folders:
        folder = folder.rpartition("/")[0]
    return folder


def _is_around(outer: str, inner: str) -> bool:
    return not outer or inner == outer or inner.startswith(f"{outer}/")


def _pattern(path: str) -> re.Pattern[bytes] | None:
    if is_test(path):
        return None
    language = language_of(path)
    if language in (Language.DOTENV, Language.YAML, Language.TOML) or _CONFIGURATION.search(path):
        return _NEON_IN_TEXT
    return _NEON_IN_DOCUMENTS if _DOCUMENTS.search(path) else None


_TEST = re.compile(r"(?:^|/)(?:tests?|testing|alembic|migrations)/|(?:^|/)(?:conftest|test_[^/]*|[^/]*_test)\.py$")


def is_test(path: str) -> bool:
    """Whether a file is a test or a migration, whose engines live too short to grow stale."""
    return _TEST.search(path) is not None
