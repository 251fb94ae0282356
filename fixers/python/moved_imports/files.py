"""Everything that is to be said about one file."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixer import Applicability, Finding, Fix, Project, Refusal, Source
from autofix.fixers.python.moved_imports import texts
from autofix.fixers.python.moved_imports.chains import PlainImports
from autofix.fixers.python.moved_imports.commands import PathText
from autofix.fixers.python.moved_imports.facts import Facts, Judge
from autofix.fixers.python.moved_imports.from_imports import FromImports
from autofix.fixers.python.moved_imports.locals import LocalNames
from autofix.fixers.python.moved_imports.moves import Target
from autofix.fixers.python.moved_imports.outline import import_nodes, is_fallback
from autofix.fixers.python.moved_imports.strings import Position, literals, position
from autofix.languages.python.syntax import root as tree
from autofix.text.edit import replace


def packages_around(path: str, project: Project) -> list[str]:
    """The folders around a file that are packages, `__init__.py` and all."""
    found = []
    folder = path.rpartition("/")[0]
    while folder and project.exists(f"{folder}/__init__.py"):
        found.append(folder)
        folder = folder.rpartition("/")[0]
    return found


def python_findings(source: Source, project: Project, facts: Facts) -> Iterator[Finding]:
    """The imports and the strings of a Python file."""
    judge = Judge(facts, project, source.path)
    names = LocalNames(source, project, facts, packages_around(source.path, project))
    from_imports, plain_imports = FromImports(judge, names), PlainImports(judge, names)
    for node, stmt in import_nodes(source):
        if is_fallback(node):
            continue
        plan = from_imports.plan(node, stmt) if stmt.module is not None else plain_imports.plan(node, stmt)
        if plan is not None:
            yield plan.finding()
    for literal in literals(source):
        if (found := judge.dotted(literal.text)) is None:
            continue
        stands = position(tree(source), literal)
        if stands is not None:
            yield _string(literal, stands, found)


def text_findings(source: Source, project: Project, facts: Facts) -> Iterator[Finding]:
    """The commands, entry points and settings of any other file."""
    judge = Judge(facts, project, source.path)
    for mention in texts.mentions(source):
        if (found := judge.dotted(mention.path.text)) is not None:
            yield _string(mention.path, Position(mention.position, mention.applicability), found)


def _string(path: PathText, stands: Position, found: Target | Refusal) -> Finding:
    if stands.refusal:
        found = Refusal(stands.refusal)
    if isinstance(found, Refusal):
        return Finding(path.start, path.end, f"{path.text} has moved ({stands.what})", found)
    new = _spelled(path.text, found)
    applicability = Applicability.UNSAFE if found.proof.applicability is not Applicability.SAFE else stands.applicability
    message = f"{path.text} is now {new} ({stands.what}; {found.proof.text})"
    return Finding(
        path.start, path.end, message, Fix((replace(path.start, path.end, new),), applicability, "Update the import path")
    )


def _spelled(old: str, target: Target) -> str:
    """The target as the old text is written: with a colon before the name where that had one."""
    if ":" not in old:
        return target.dotted
    if target.name:
        return f"{target.module}:{target.name}"
    return target.module
