"""What functions and methods from outside of the program return: builtins, the standard library, SQLAlchemy."""

from __future__ import annotations

from dataclasses import replace

from autofix.fixers.sqlalchemy.inference.calls import Calls
from autofix.fixers.sqlalchemy.inference.externals import ANY_MODULE, constructed, is_sqlalchemy, last, object_of
from autofix.fixers.sqlalchemy.inference.joins import NEVER, join, shape_of, stamped
from autofix.fixers.sqlalchemy.inference.names import Frame
from autofix.fixers.sqlalchemy.kinds import (
    Alias,
    Callable,
    ClassObject,
    Column,
    Connection,
    Context,
    Coroutine,
    Engine,
    External,
    Form,
    Instance,
    Items,
    Kind,
    Literal,
    Maker,
    Many,
    Mapping,
    Model,
    Never,
    Origin,
    Query,
    Relationship,
    Result,
    Select,
    Session,
    Shape,
    Statement,
    Super,
    Transaction,
)
from autofix.fixers.sqlalchemy.queries.methods import executed, query_of, result_of, select_of
from autofix.languages.python.code import Attribute, Call, Constant, Expression
from autofix.languages.python.code_walk import dotted

_SEQUENCES = frozenset(("list", "set", "frozenset", "tuple", "sorted", "iter", "reversed", "filter"))


class Libraries(Calls):
    """Knows what comes from libraries."""

    def method(self, receiver: Kind, name: str, node: Call, frame: Frame) -> Kind:
        """The result of `receiver.name(...)`."""
        match receiver:
            case Session():
                return self._session_method(receiver, name, node, frame)
            case Maker(session=session):
                return Context(session, session.is_async) if name == "begin" else None
            case Engine():
                return self._engine_method(receiver, name)
            case Connection():
                return self._connection_method(receiver, name, node, frame)
            case Query() | Select() | Result() | Statement() | Alias():
                shape = shape_of(receiver)
                made = result_of(receiver, name, node, self._reader(frame))
                return stamped(made, shape.origins) if shape is not None else made
            case Column() | Relationship():
                return Column()
            case Many(of=of):
                return of if name == "pop" else receiver if name == "copy" else Literal()
            case Mapping(of=of):
                return self._mapping_method(of, name)
            case Literal():
                return Literal()
            case _:
                return None

    def _reader(self, frame: Frame) -> _Reader:
        return _Reader(frame)

    def _session_method(self, session: Session, name: str, node: Call, frame: Frame) -> Kind:
        if any(isinstance(frame.kinds.get((item.value.start, item.value.end)), Never) for item in node.arguments):
            return NEVER
        if name == "query":
            query = query_of(session, self._session_text(node, frame), node, self._reader(frame))
            return replace(query, shape=begun(query.shape, node, frame))
        if session.is_registry and name in ("remove", "configure"):
            return Literal(None)
        made: Kind
        if name in ("begin", "begin_nested"):
            # Of an async session a context manager by itself, or awaited.
            return Transaction(session)
        if name == "connection":
            made = Connection(session.is_async)
        elif name == "get_bind":
            return Engine()
        elif name in ("add", "add_all", "expunge", "expunge_all", "expire", "expire_all"):
            return Literal(None)
        elif name in ("commit", "rollback", "flush", "close", "refresh", "delete"):
            made = Literal(None)
        elif name == "run_sync":
            made = self._handed_session(node, frame)
        else:
            made = self._executed(session, name, node, frame)
        return Coroutine(made) if session.is_async and not isinstance(made, Coroutine | Query) and made is not None else made

    def _executed(self, session: Session, name: str, node: Call, frame: Frame) -> Kind:
        made = executed(session, name, node, self._reader(frame))
        for argument in node.arguments[:1]:
            shape = shape_of(frame.kinds.get((argument.value.start, argument.value.end)))
            if shape is not None:
                return stamped(made, shape.origins)
        how = "get" if name in ("get", "get_one") else "merge" if name == "merge" else ""
        return stamped(made, frozenset((Origin(frame.path, node.start, node.end, how),))) if how else made

    def _handed_session(self, node: Call, frame: Frame) -> Kind:
        """`run_sync(function, ...)`: the function gets a sync session."""
        callee = frame.kinds.get((node.arguments[0].value.start, node.arguments[0].value.end)) if node.arguments else None
        if not isinstance(callee, Callable):
            return None
        parameters = self.program.functions[callee.key].node.parameters
        if parameters:
            self.store.write(("parameter", callee.key, parameters[0].name), Session())
        return self._result(callee.key, frame)

    def _session_text(self, node: Call, frame: Frame) -> str:
        """How the session of a query can be written anywhere in the function; empty where it cannot."""
        if not isinstance(node.function, Attribute):
            return ""
        text = dotted(node.function.value)
        return text if self.is_stable(text, frame) else ""

    def _engine_method(self, engine: Engine, name: str) -> Kind:
        if name == "connect":
            return Connection(engine.is_async)
        if name == "begin":
            return Transaction(Connection(engine.is_async))
        if name == "execution_options":
            return engine
        return None

    def _connection_method(self, connection: Connection, name: str, node: Call, frame: Frame) -> Kind:
        if name in ("begin", "begin_nested"):
            return Transaction(connection)
        if name == "execution_options":
            return connection
        if name == "run_sync":
            return None
        made = executed(Session(), name, node, self._reader(frame))
        return Coroutine(made) if connection.is_async and made is not None else made

    def _mapping_method(self, of: Kind, name: str) -> Kind:
        if name in ("get", "pop", "setdefault"):
            return of
        if name == "values":
            return Many(of)
        return Many(Items((Literal(), of))) if name == "items" else Literal()

    def external(self, name: str, node: Call, frame: Frame) -> Kind:
        """The result of something from outside of the program."""
        arguments = [
            frame.kinds.get((argument.value.start, argument.value.end))
            for argument in node.arguments
            if argument.keyword is None and not argument.stars
        ]
        if is_sqlalchemy(name):
            return self._sqlalchemy(name, node, arguments, frame)
        module, _, short = name.rpartition(".")
        first = arguments[0] if arguments else None
        if module == "builtins":
            return self._builtin(short, arguments, node, frame)
        if name == "asyncio.run":
            return first.of if isinstance(first, Coroutine) else None
        if short in ("run_in_threadpool", "to_thread", "run_sync") and isinstance(first, Callable):
            self._bind(first, node.arguments[1:], frame)
            return Coroutine(self._result(first.key, frame))
        if short == "cast" and len(arguments) == 2:
            declared = self.meant(arguments[0])
            return arguments[1] if declared is None else declared
        if name == "importlib.import_module":
            return ANY_MODULE
        if name in ("copy.copy", "copy.deepcopy", "importlib.reload"):
            return first
        if name in ("contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"):
            return Context(first, is_async=short == "aclosing")
        if name in ("contextlib.contextmanager", "contextlib.asynccontextmanager") and isinstance(first, Callable):
            return first
        if short == "TypeVar" and module in ("typing", "typing_extensions"):
            return self._type_variable(node, frame)
        return External(name) if short.startswith(("fixture", "contextmanager")) else object_of(name)

    def _type_variable(self, node: Call, frame: Frame) -> Kind:
        for argument in node.arguments:
            if argument.keyword == "bound":
                bound = self.annotated(argument.value, frame)
                if isinstance(bound, Instance):
                    return Form(Instance("") if not bound.cls or self.hierarchy.is_mapped(bound.cls) else bound)
        return Form(None)

    def _builtin(self, name: str, arguments: list[Kind], node: Call, frame: Frame) -> Kind:
        first = arguments[0] if arguments else None
        if name in _SEQUENCES:
            taken = arguments[-1] if name == "filter" and arguments else first
            return Many(self.element(taken, frame)) if arguments else Many(NEVER)
        if name in ("next", "anext", "min", "max") and arguments:
            if name.endswith("next") or len(arguments) == 1:
                item = self.element(first, frame)
                return join(item, arguments[1], self.hierarchy.common) if len(arguments) == 2 else item
            return None
        if name == "enumerate":
            return Many(Items((Literal(), self.element(first, frame))))
        if name == "zip":
            return Many(Items(tuple(self.element(argument, frame) for argument in arguments)))
        if name == "dict":
            return first if isinstance(first, Mapping) else Mapping(None)
        if name == "super":
            return self._super(arguments, frame)
        if name == "type" and len(arguments) == 1:
            return self.class_object(first.cls) if isinstance(first, Instance) else None
        if name == "getattr" and len(node.arguments) >= 2:
            return self._getattr(first, node.arguments[1].value, frame)
        if name in ("staticmethod", "classmethod", "property") and isinstance(first, Callable):
            return first
        if name in (
            "str",
            "int",
            "float",
            "bool",
            "len",
            "sum",
            "isinstance",
            "any",
            "all",
            "hasattr",
            "print",
            "range",
            "repr",
        ):
            return Literal()
        return None

    def _super(self, arguments: list[Kind], frame: Frame) -> Kind:
        function = frame.function
        while function is not None and not function.owner:
            function = self.program.functions[function.parent] if function.parent else None
        if function is None:
            return None
        cls = function.owner
        if len(arguments) == 2 and isinstance(arguments[0], ClassObject | Model):
            cls = arguments[0].key
        return Super(cls, self._receiver_of(function.key, cls, frame))

    def _receiver_of(self, function: str, cls: str, frame: Frame) -> Kind:
        return self.class_object(cls) if "classmethod" in self.decorated_by(function, frame) else Instance(cls)

    def _getattr(self, owner: Kind, name: Expression, frame: Frame) -> Kind:
        if isinstance(name, Constant) and isinstance(name.value, str):
            return self.attribute(owner, name.value, frame)
        return Column() if isinstance(owner, Model) else None

    def _sqlalchemy(self, name: str, node: Call, arguments: list[Kind], frame: Frame) -> Kind:
        short = last(name)
        first = arguments[0] if arguments else None
        if short == "select" and ".func." not in name:
            made = select_of(node, self._reader(frame))
            return Select(begun(made.shape, node, frame), is_sqlmodel=name.startswith("sqlmodel."))
        if short in ("sessionmaker", "async_sessionmaker"):
            return self._maker(short, node, frame)
        if short in ("scoped_session", "async_scoped_session"):
            session = first.session if isinstance(first, Maker) else Session(short.startswith("async"))
            return Session(session.is_async, session.is_sqlmodel, is_registry=True)
        if short in ("aliased", "with_polymorphic"):
            return Alias(first.key) if isinstance(first, Model) else Alias() if short == "aliased" and first is None else None
        if short == "Query":
            query = query_of(Session(), "", node, self._reader(frame))
            return replace(query, shape=begun(query.shape, node, frame))
        if short in ("union", "union_all", "except_", "intersect") and isinstance(first, Select):
            return Statement()
        if short == "exists":
            return Column()
        return constructed(name)

    def _maker(self, short: str, node: Call, frame: Frame) -> Kind:
        made = Session(short == "async_sessionmaker")
        for argument in node.arguments:
            if argument.keyword == "class_":
                kind = self.meant(frame.kinds.get((argument.value.start, argument.value.end)))
                made = kind if isinstance(kind, Session) else made
        return Maker(made)


def begun(shape: Shape, node: Call, frame: Frame) -> Shape:
    """A shape with the call that began it."""
    return replace(shape, origins=frozenset((Origin(frame.path, node.start, node.end, "query"),)))


class _Reader:
    """The values of expressions that have been evaluated in a frame."""

    def __init__(self, frame: Frame) -> None:
        self._kinds = frame.kinds

    def __call__(self, expression: Expression) -> Kind:
        return self._kinds.get((expression.start, expression.end))
