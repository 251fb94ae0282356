"""Where brackets stand around expressions, and executing a query so that the lines stay as a person laid them out."""

from __future__ import annotations

from dataclasses import dataclass

from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, is_followed
from autofix.fixers.sqlalchemy.queries.outcome import CannotRewrite, Context
from autofix.languages.python.code import Attribute, Call, Expression, Subscript
from autofix.text.source import Source

_BLANK = b" \t\r\n\f\\"
# Words before a bracket that does not belong to a call.
_WORDS = frozenset(
    (
        *(b"return", b"in", b"and", b"or", b"not", b"if", b"elif", b"else", b"while", b"yield", b"await", b"assert", b"is"),
        *(b"from", b"lambda", b"for", b"del", b"raise", b"with", b"except", b"case", b"match"),
    )
)


def forwards(text: bytes, offset: int) -> int:
    """The next offset with anything but blanks, ends of lines and comments."""
    while offset < len(text):
        if text[offset : offset + 1] == b"#":
            end = text.find(b"\n", offset)
            offset = len(text) if end < 0 else end
        elif text[offset] in _BLANK:
            offset += 1
        else:
            return offset
    return offset


def operand_end(source: Source, operand: Expression) -> int:
    """Where what an attribute or subscript stands behind ends, with the brackets around it."""
    text, end = source.text, operand.end
    at = forwards(text, end)
    while text[at : at + 1] == b")":
        end = at + 1
        at = forwards(text, end)
    return end


def grouping(source: Source, start: int, end: int) -> tuple[int, int] | None:
    """The brackets directly around an expression, as offsets of both: None where there are none or they are those of a call,
    and where a comment stands before the expression.
    """
    text = source.text
    closing = forwards(text, end)
    before = text[:start].rstrip(_BLANK)
    if text[closing : closing + 1] != b")" or not before.endswith(b"("):
        return None
    opening = len(before) - 1
    line = text[text.rfind(b"\n", 0, opening) + 1 : opening]
    head = line.rstrip(_BLANK)
    if b"#" in line or head.endswith((b")", b"]", b'"', b"'", b"}")):
        return None
    word = head[_word_start(head) :]
    return (opening, closing) if not word or word in _WORDS else None


def _word_start(text: bytes) -> int:
    start = len(text)
    while start and (text[start - 1 : start].isalnum() or text[start - 1] == 0x5F or text[start - 1] >= 0x80):
        start -= 1
    return start


@dataclass(frozen=True, slots=True)
class Execution:
    """How a statement is executed: `session.method(statement)` with what stands around."""

    session: str
    method: str
    addition: str = ""
    """Behind the statement, within the brackets: `.limit(1)`."""
    tail: str = ""
    """Behind the result: `.unique()`."""
    before: str = ""
    """Between the bracket and the statement: `select(`; `addition` closes what it opens."""


def execute_operand(expression: Expression, execution: Execution, context: Context) -> list[Piece]:
    """The pieces that put the execution of a query into its place: where it is iterated over, say."""
    source = context.source
    is_outer = context.is_async and (bool(execution.tail) or is_followed(expression, context.parents.of(expression)))
    group = grouping(source, expression.start, expression.end)
    if group is None:
        before, after = _around(execution, context, is_outer=is_outer, has_brackets=False)
        return [Wrap(expression.start, expression.end, before, execution.addition + after)]
    before, after = _around(execution, context, is_outer=is_outer, has_brackets=True)
    inner = Wrap(expression.start, expression.end, execution.before, execution.addition)
    return [inner, Wrap(group[0], group[1] + 1, before, after)]


def execute_call(call: Call | Subscript, execution: Execution, context: Context, *, last: str | None = None) -> list[Piece]:
    """The pieces that execute what a method is called of, or a subscript is taken from.

    `last` takes the place of the method's name and arguments (the subscript), or is empty; None keeps them.
    """
    receiver = receiver_of(call)
    source, text = context.source, context.source.text
    end = operand_end(source, receiver)
    place = forwards(text, end)
    kept = source.slice(place, call.end) if last is None else last
    is_outer = context.is_async and (bool(execution.tail or kept) or is_followed(call, context.parents.of(call)))
    group = _hugged(call, end, place, context)
    if group is not None:
        before, after = _around(execution, context, is_outer=is_outer, has_brackets=True)
        opened = [Wrap(receiver.start, receiver.end, execution.before, "")] if execution.before else []
        moved = Replace(place if execution.addition else _line_break(text, end, place), call.end, execution.addition)
        return [moved, *opened, Wrap(group[0], group[1] + 1, before, after + kept)]
    has_brackets = end > receiver.end and text[call.start : call.start + 1] == b"("
    before, after = _around(execution, context, is_outer=is_outer, has_brackets=has_brackets)
    addition = _on_own_line(execution.addition, text[end:place])
    pieces: list[Piece] = []
    if has_brackets:
        pieces.append(Wrap(receiver.start, receiver.end, execution.before, execution.addition))
        addition = ""
    pieces.append(Wrap(call.start, end, before, addition + after))
    if last is not None:
        pieces.append(Replace(place if b"#" in text[end:place] else end, call.end, last))
    return pieces


def receiver_of(call: Call | Subscript) -> Expression:
    """What a method is called of, or a subscript is taken from."""
    if isinstance(call, Subscript):
        return call.value
    if isinstance(call.function, Attribute):
        return call.function.value
    raise CannotRewrite("no method is called")


def _around(execution: Execution, context: Context, *, is_outer: bool, has_brackets: bool) -> tuple[str, str]:
    opening = "" if has_brackets else f"({execution.before}"
    before = f"{'(' if is_outer else ''}{'await ' if context.is_async else ''}{execution.session}.{execution.method}{opening}"
    return before, f"{'' if has_brackets else ')'}{')' if is_outer else ''}{execution.tail}"


def _hugged(call: Call | Subscript, end: int, place: int, context: Context) -> tuple[int, int] | None:
    """The brackets around a chain with a line for each method: they become those of the call that executes it."""
    text = context.source.text
    is_plain = isinstance(call, Call) and not call.arguments and b"\n" not in text[place : call.end]
    if not is_plain or b"\n" not in text[end:place] or text[call.start : call.start + 1] == b"(":
        return None
    return grouping(context.source, call.start, call.end)


def _line_break(text: bytes, start: int, place: int) -> int:
    """The end of the line before a place; comments between `start` and there are kept."""
    return start + len(text[start : text.rfind(b"\n", start, place)].rstrip(b"\r \t"))


def _on_own_line(addition: str, gap: bytes) -> str:
    if not addition.startswith(".") or b"\n" not in gap or b"#" in gap:
        return addition
    return gap.decode() + addition
