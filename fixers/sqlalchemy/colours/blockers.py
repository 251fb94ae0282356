"""What keeps a function from becoming async."""

from __future__ import annotations

from collections.abc import Collection as Container
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from autofix.fixers.sqlalchemy.colours.sites import Site, Sites, Sort
from autofix.fixers.sqlalchemy.colours.walker import Barrier
from autofix.fixers.sqlalchemy.inference.attributes import PROPERTIES
from autofix.fixers.sqlalchemy.inference.externals import last
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.fixers.sqlalchemy.kinds import External, Foreign, Kind, Method
from autofix.languages.python.code import (
    Argument,
    Assign,
    Attribute,
    Call,
    Collection,
    Constant,
    Dictionary,
    Expression,
    Name,
    Return,
    Subscript,
)
from autofix.languages.python.code_walk import dotted


class Blocker(NamedTuple):
    """Why something has to stay as it is; `start` is the offset in the file of the place that says so."""

    unit: str
    path: str
    start: int
    reason: str
    hint: str = ""


# Special methods that have an async form, or are coroutines where a framework calls them.
_ASYNC_FORMS = frozenset(("__call__", "__enter__", "__exit__", "__aenter__", "__aexit__"))
# Decorators that take a coroutine function as well as a function, by the last component of their names.
_INDIFFERENT = frozenset(
    (
        *("staticmethod", "classmethod", "abstractmethod", "override", "overload", "wraps", "contextmanager", "final"),
        *("asynccontextmanager", "fixture", "deprecated", "retry", "inject", "patch", "object", "dict", "freeze_time"),
        *("parametrize", "mark", "skip", "skipif", "xfail", "usefixtures", "asyncio", "anyio", "slow", "integration", "unit"),
    )
)
_CACHES = frozenset(("lru_cache", "cache", "cached", "cachedmethod", "memoize"))
_PROPERTIES = PROPERTIES | {"validates", "listens_for", "listens_for_identifier", "compiles", "reconstructor"}
# What calls its functions without awaiting them, by the class of the object whose method decorates or takes them.
_SYNC_CALLERS = frozenset(("Celery", "Typer", "Huey", "Dramatiq", "Flask", "Blueprint", "Group", "Command"))
_SYNC_DECORATORS = frozenset(
    (
        "celery.shared_task",
        "click.command",
        "click.group",
        "dramatiq.actor",
        "rq.decorators.job",
        "huey.task",
        "atexit.register",
    )
)
_ASGI = frozenset(("fastapi", "starlette", "sqladmin", "fastapi_utils", "slowapi", "strawberry"))
# Methods and functions that await what they are given, or call it in a way that a coroutine function can take.
_TAKES_COROUTINE_FUNCTIONS = frozenset(
    (
        *(
            "Depends",
            "Security",
            "add_task",
            "add_event_handler",
            "add_exception_handler",
            "add_api_route",
            "exception_handler",
        ),
        *("middleware", "add_route", "on_event", "BackgroundTask", "FastAPI", "Starlette", "APIRouter", "include_router"),
    )
)


class Blockers:
    """Finds them."""

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.inference = sites.inference
        self.program = sites.program

    def of_function(self, function: FunctionInfo, *, is_command: bool = False) -> Iterator[Blocker]:
        """What the definition of a function says; what is written for a command runs it in an event loop."""
        name = function.node.name
        if name.startswith("__") and name.endswith("__") and name not in _ASYNC_FORMS:
            yield self._blocker(function, f"`{name}` cannot be a coroutine", "Move the query out of it, to its callers.")
        for index, decorator in enumerate(function.node.decorators):
            reason = self._of_decorator(function, decorator) if not is_command else ""
            if reason:
                yield Blocker(function.key, function.path, function.node.decorators[index].start, reason)
        if function.is_generator:
            yield from self._of_generator(function)

    def _blocker(self, function: FunctionInfo, reason: str, hint: str = "") -> Blocker:
        return Blocker(function.key, function.path, function.node.name_start, reason, hint)

    def _of_decorator(self, function: FunctionInfo, decorator: Expression) -> str:
        called = decorator.function if isinstance(decorator, Call) else decorator
        kind = self.inference.kind_of(function.path, called)
        name = _name(kind) or _written(called)
        short = last(name)
        if short in _PROPERTIES or short in ("setter", "deleter"):
            return f"`@{short}` does not await"
        if short in _CACHES:
            return f"`@{short}` would keep a coroutine, which can be awaited only once"
        if self._calls_without_await(kind):
            return f"`@{_written(called)}` calls it without awaiting it"
        return ""

    def _calls_without_await(self, kind: Kind) -> bool:
        match kind:
            case External(name=name):
                return name in _SYNC_DECORATORS
            case Method(receiver=Foreign(name=name)):
                return last(name) in _SYNC_CALLERS
            case _:
                return False

    def _of_generator(self, function: FunctionInfo) -> Iterator[Blocker]:
        for node in function.nodes:
            if isinstance(node, Return) and node.value is not None and not has_no_effect(node.value):
                yield Blocker(function.key, function.path, node.start, "an async generator cannot return a value")

    def of_site(self, site: Site) -> Iterator[Blocker]:
        """What stands in the way of an `await` at a site."""
        if site.sort is Sort.REFERENCE:
            if not self._takes_coroutine_function(site):
                yield Blocker(site.unit, site.path, site.node.start, "it is passed on as a value to what may not await it")
        elif site.sort is Sort.PROPERTY:
            yield Blocker(site.unit, site.path, site.node.start, "a property cannot be awaited")
        elif site.barrier not in (Barrier.NONE, Barrier.GENERATOR):
            yield Blocker(site.unit, site.path, site.node.start, f"`await` is not possible in {site.barrier.value}")

    def unfollowed(self, sites: Iterable[Site], files: Container[str]) -> Iterator[Blocker]:
        """What cannot be followed, or has no async form, whatever becomes of the function around; `files` hold what changes."""
        for site in sites:
            text = dotted(site.node.function) if isinstance(site.node, Call) else dotted(site.node)
            if site.sort is Sort.MISSING:
                yield Blocker(site.unit, site.path, site.node.start, f"`{last(text)}` has no asynchronous form")
            elif site.sort is Sort.DYNAMIC and site.path in files:
                yield Blocker(site.unit, site.path, site.node.start, "functions are looked up by their names here")
            elif site.sort is Sort.UNPROVED:
                reason = f"`{text.rpartition('.')[0]}` is not proved to be a session"
                yield Blocker(site.unit, site.path, site.node.start, reason, "Annotate it: `db: Session`.")

    def _takes_coroutine_function(self, site: Site) -> bool:
        parents = self.sites.parents[site.path]
        parent = parents.of(site.node)
        if site.barrier is Barrier.DECORATOR or isinstance(parent, Return):
            return True
        if isinstance(parent, Argument):
            parent = parents.of(parent)
        match parent:
            case Call(function=function):
                return self._awaits_arguments(function, site.path)
            case Assign(targets=(Subscript(value=Attribute(name="dependency_overrides")), *_)):
                return True
            case Assign(targets=targets):
                # Names are followed: wherever one is read, it is a site of its own.
                return all(isinstance(target, Name | Attribute) for target in targets)
            case Collection():
                return self._is_called_from(site)
            case Dictionary():
                return self._is_overrides(parents.of(parent))
            case Subscript(value=Attribute(name="dependency_overrides")):
                return True
            case Attribute():
                return True
            case _:
                return False

    def _is_called_from(self, site: Site) -> bool:
        """Whether the unit calls what it has put into a list or tuple: then the call is known for one of the function."""
        return any(
            other.sort is Sort.CALL and set(site.targets) <= set(other.targets) and isinstance(other.node, Call)
            and isinstance(other.node.function, Name)
            for other in self.sites.of(site.unit)
        )  # fmt: skip

    def _is_overrides(self, around: object) -> bool:
        match around:
            case Assign(targets=(Attribute(name="dependency_overrides"), *_)):
                return True
            case Argument():
                return True
            case _:
                return False

    def _awaits_arguments(self, function: Expression, path: str) -> bool:
        kind = self.inference.kind_of(path, function)
        name = last(_name(kind)) or last(_written(function))
        if name in _TAKES_COROUTINE_FUNCTIONS or name in (
            "patch",
            "object",
            "isinstance",
            "wraps",
            "iscoroutinefunction",
            "pop",
        ):
            return True
        # A decorator factory of the program: what it makes of the function is followed like any call.
        return bool(self.sites.called(kind))


def has_no_effect(value: Expression) -> bool:
    """Whether a value that nobody reads can be left out: a constant, a name, attributes of one."""
    return isinstance(value, Constant) or bool(dotted(value))


def _name(kind: Kind) -> str:
    match kind:
        case External(name=name):
            return name
        case Method(receiver=receiver, name=name):
            head = _name(receiver)
            return f"{head}.{name}" if head else name
        case Foreign(name=name):
            return name
        case _:
            return ""


def _written(expression: Expression) -> str:
    return dotted(expression)
