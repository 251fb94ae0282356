"""Bulk `update` and `delete` of a query, and `get`: written anew from the whole chain."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.kinds import Model
from autofix.fixers.sqlalchemy.pieces import Piece, Replace, Wrap, awaited, is_followed
from autofix.fixers.sqlalchemy.queries.building import make
from autofix.fixers.sqlalchemy.queries.chains import Chain, argument_named, is_written_out, method_of
from autofix.fixers.sqlalchemy.queries.layout import operand_end, receiver_of
from autofix.fixers.sqlalchemy.queries.outcome import CannotRewrite, Context, Rewritten, joined
from autofix.fixers.sqlalchemy.queries.shapes import written
from autofix.languages.python.code import Argument, Attribute, Call, Evaluate

WHOLE = frozenset(("update", "delete", "get"))
"""Last methods of a chain with which all of it is rewritten at once."""

_CRITERIA = frozenset(("filter", "where", "filter_by"))


def whole_chain(chain: Chain, context: Context) -> Rewritten:
    """A chain that ends in one of `WHOLE`.

    Raises:
        CannotRewrite: it has no exact form.
    """
    last = chain.last
    if last is None or not is_written_out(last):
        raise CannotRewrite(f"the arguments of {chain.method}() are not written out")
    arguments = chain.make.arguments
    if len(arguments) != 1 or not isinstance(context.kind_of(arguments[0].value), Model):
        raise CannotRewrite(f"{chain.method}() needs a query of a single model")
    session = _session(chain)
    if not session:
        raise CannotRewrite("the session is made where it is used")
    if chain.method == "get":
        return _get(chain, last, context)
    return _statement(chain, last, session, context)


def _session(chain: Chain) -> str:
    return written(receiver_of(chain.make))


# update, delete


def _statement(chain: Chain, call: Call, session: str, context: Context) -> Rewritten:
    method = method_of(call)
    others = [name for name in chain.methods if name not in _CRITERIA]
    if others:
        raise CannotRewrite(f"{method}() after {others[0]}() has no exact form")
    made = make(chain.make, context, method)
    is_used = not isinstance(context.parents.of(call), Evaluate)
    tail = ".rowcount" if is_used else ""
    change = _update(call, context) if method == "update" else _delete(call, context)
    pieces = _executed(call, session, tail, change, context)
    return joined((made, Rewritten(tuple(pieces))))


def _executed(call: Call, session: str, tail: str, change: list[Piece], context: Context) -> list[Piece]:
    """The whole chain, its last method changed, as the argument of `execute`."""
    is_outer = context.is_async and (bool(tail) or is_followed(call, context.parents.of(call)))
    before = f"{'(' if is_outer else ''}{'await ' if context.is_async else ''}{session}.execute("
    after = f"){')' if is_outer else ''}{tail}"
    return [*change, Wrap(call.start, call.end, before, after)]


def _update(call: Call, context: Context) -> list[Piece]:
    values = argument_named(call, "values", 0)
    strategy = argument_named(call, "synchronize_session", 1)
    if values is None or len(call.arguments) > (1 if strategy is None else 2):
        raise CannotRewrite("update() has unusual arguments")
    function = call.function
    if not isinstance(function, Attribute):
        raise CannotRewrite("no method is called")
    pieces: list[Piece] = [Replace(function.name_start, function.end, "values")]
    if values.keyword:
        pieces.append(Replace(values.start, values.value.start, ""))
    if strategy is None:
        return pieces
    if strategy.start < values.start:
        raise CannotRewrite("the arguments of update() stand in another order")
    gap = context.source.text[values.end : strategy.value.start]
    if b"#" in gap or b"(" in gap:
        raise CannotRewrite("a comment stands in what would have to be replaced")
    return [*pieces, Replace(values.end, strategy.value.start, ").execution_options(synchronize_session=")]


def _delete(call: Call, context: Context) -> list[Piece]:
    strategy = argument_named(call, "synchronize_session", 0)
    if len(call.arguments) > (0 if strategy is None else 1):
        raise CannotRewrite("delete() has unusual arguments")
    receiver = receiver_of(call)
    end = operand_end(context.source, receiver)
    function = call.function
    if not isinstance(function, Attribute):
        raise CannotRewrite("no method is called")
    if strategy is None:
        if b"#" in context.source.text[end : call.end]:
            raise CannotRewrite("a comment stands in what would have to be replaced")
        return [Replace(end, call.end, "")]
    pieces: list[Piece] = [Replace(function.name_start, function.end, "execution_options")]
    if not strategy.keyword:
        pieces.append(Wrap(strategy.start, strategy.end, "synchronize_session=", ""))
    return pieces


# get


def _get(chain: Chain, call: Call, context: Context) -> Rewritten:
    """`session.query(M).options(o).get(x)` as `session.get(M, x, options=[o])`."""
    ident = argument_named(call, "ident", 0)
    if ident is None or len(call.arguments) != 1:
        raise CannotRewrite("get() has unusual arguments")
    source, model = context.source, chain.make.arguments[0]
    settings = [_setting(builder, context) for builder in chain.builders]
    if len({name for name, _, _ in settings}) < len(settings):
        raise CannotRewrite("a setting of get() is given more than once")
    function = chain.make.function
    if not isinstance(function, Attribute):
        raise CannotRewrite("no method is called")
    pieces: list[Piece] = [Replace(function.name_start, function.end, "get")]
    # From the model on: the options move behind the key, so their text is written anew.
    moved = "".join(f", {name}={value}" for name, value, _ in settings)
    if b"#" in source.text[model.end : ident.start]:
        raise CannotRewrite("a comment stands in what would have to be replaced")
    pieces.append(Replace(model.end, ident.start, ", "))
    if moved:
        pieces.append(Wrap(ident.start, ident.end, "", moved))
    if context.is_async:
        pieces.append(awaited(call, context.parents.of(call)))
    return Rewritten(tuple(pieces))


def _setting(call: Call, context: Context) -> tuple[str, str, Call]:
    method = method_of(call)
    if not is_written_out(call):
        raise CannotRewrite(f"the arguments of {method}() are not written out")
    texts = [_text(argument, context) for argument in call.arguments]
    if method == "options" and all(argument.keyword is None for argument in call.arguments):
        return "options", f"[{', '.join(texts)}]", call
    if method == "populate_existing" and not texts:
        return "populate_existing", "True", call
    if method == "with_for_update" and all(argument.keyword for argument in call.arguments):
        return "with_for_update", _dictionary(call, context) if texts else "True", call
    if method == "execution_options" and texts and all(argument.keyword for argument in call.arguments):
        return "execution_options", _dictionary(call, context), call
    raise CannotRewrite(f"get() after {method}() has no form as session.get()")


def _dictionary(call: Call, context: Context) -> str:
    slices = (f'"{a.keyword}": {context.source.slice(a.value.start, a.value.end)}' for a in call.arguments)
    return "{" + ", ".join(slices) + "}"


def _text(argument: Argument, context: Context) -> str:
    text = context.source.slice(argument.start, argument.end)
    if "\n" in text or "#" in text:
        raise CannotRewrite("an option of several lines would have to be moved")
    return text
