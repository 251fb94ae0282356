"""Everything that is to be said about one file."""

from __future__ import annotations

from collections.abc import Iterator

from autofix.fixer import Applicability, Finding, Fix, Project, Refusal, Source
from autofix.fixers.python.moved_imports.chains import PlainImports
from autofix.fixers.python.moved_imports.commands import PathText
from autofix.fixers.python.moved_imports.facts import Facts, Judge
from autofix.fixers.python.moved_imports.from_imports import FromImports
from autofix.fixers.python.moved_imports.locals import LocalNames
from autofix.fixers.python.moved_imports.moves import Target
from autofix.fixers.python.moved_imports.strings import Position, literals_of, position
from autofix.languages.python.imports import import_statements, is_fallback
from autofix.languages.python.syntax import root as tree
from autofix.text.edit import replace


def python_findings(source: Source, project: Project, facts: Facts) -> Iterator[Finding]:
    """The imports and the strings of a Python file."""
    judge = Judge(facts, project, source.path)
    names = LocalNames(source, project, facts)
    from_imports, plain_imports = FromImports(judge, names), PlainImports(judge, names)
    for stmt in import_statements(source, facts.words(source)):
        if stmt.is_future or is_fallback(stmt.node):
            continue
        plan = from_imports.plan(stmt) if stmt.is_from else plain_imports.plan(stmt)
        if plan is not None:
            yield plan.finding()
    for literal in literals_of(source, facts.paths) if facts.moves else ():
        if (found := judge.dotted(literal.text)) is None:
            continue
        stands = position(tree(source), literal)
        if stands is not None:
            yield _string(literal, stands, found)


def text_findings(source: Source, project: Project, facts: Facts) -> Iterator[Finding]:
    """The commands, entry points and settings of any other file."""
    from autofix.fixers.python.moved_imports.texts import mentions

    judge = Judge(facts, project, source.path)
    for mention in mentions(source):
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
