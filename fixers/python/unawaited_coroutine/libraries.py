"""Coroutine functions of libraries, by the names they are imported by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

_ASYNCIO = "sleep wait wait_for to_thread open_connection start_server create_subprocess_exec create_subprocess_shell"
_SESSION = (
    "close commit connection delete execute flush get get_one invalidate merge refresh reset rollback run_sync scalar scalars "
    "stream stream_scalars"
)
_CONNECTION = (
    "close commit exec_driver_sql execute execution_options get_raw_connection invalidate rollback run_sync scalar scalars"
)
_CLIENT = "aclose delete get head options patch post put request send"

FUNCTIONS: frozenset[str] = frozenset(
    (
        *(f"asyncio.{name}" for name in _ASYNCIO.split()),
        "anyio.sleep",
        "anyio.sleep_forever",
        "trio.sleep",
        "trio.sleep_forever",
    )
)
"""Functions that return a coroutine, which does nothing until it is awaited."""

METHODS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "asyncio.Condition": frozenset(("wait", "wait_for")),
        "asyncio.Event": frozenset(("wait",)),
        "asyncio.Lock": frozenset(("acquire",)),
        "asyncio.Queue": frozenset(("get", "join", "put")),
        "asyncio.Semaphore": frozenset(("acquire",)),
        "asyncio.StreamReader": frozenset(("read", "readexactly", "readline", "readuntil")),
        "asyncio.StreamWriter": frozenset(("drain", "wait_closed")),
        "httpx.AsyncClient": frozenset(_CLIENT.split()),
        "sqlalchemy.ext.asyncio.AsyncConnection": frozenset(_CONNECTION.split()),
        "sqlalchemy.ext.asyncio.AsyncEngine": frozenset(("dispose",)),
        "sqlalchemy.ext.asyncio.AsyncSession": frozenset(_SESSION.split()),
    }
)
"""The coroutine functions of classes; their other methods are none."""

MADE_BY: Mapping[str, str] = MappingProxyType(
    {
        "asyncio.get_event_loop": "asyncio.AbstractEventLoop",
        "asyncio.get_running_loop": "asyncio.AbstractEventLoop",
        "asyncio.new_event_loop": "asyncio.AbstractEventLoop",
        "sqlalchemy.ext.asyncio.async_sessionmaker": "sqlalchemy.ext.asyncio.async_sessionmaker",
        "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
    }
)
"""The classes of what functions return."""

CALLED: Mapping[str, str] = MappingProxyType(
    {"sqlalchemy.ext.asyncio.async_sessionmaker": "sqlalchemy.ext.asyncio.AsyncSession"}
)
"""The classes of what calling an instance returns."""

ENTERED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("sqlalchemy.ext.asyncio.AsyncEngine", "begin"): "sqlalchemy.ext.asyncio.AsyncConnection",
        ("sqlalchemy.ext.asyncio.AsyncEngine", "connect"): "sqlalchemy.ext.asyncio.AsyncConnection",
        ("sqlalchemy.ext.asyncio.async_sessionmaker", "begin"): "sqlalchemy.ext.asyncio.AsyncSession",
    }
)
"""The classes of what `async with` makes of the results of methods."""

TASKS: frozenset[str] = frozenset(("asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"))
"""What starts a task and hands over the only strong reference to it."""

KEEPING: frozenset[str] = frozenset(
    (
        *("builtins.staticmethod", "builtins.classmethod", "functools.wraps", "abc.abstractmethod", "types.coroutine"),
        *(f"{module}.{name}" for module in ("typing", "typing_extensions") for name in ("override", "final", "deprecated")),
        *("typing.no_type_check", "typing.type_check_only", "warnings.deprecated"),
    )
)
"""Decorators after which a coroutine function is one still."""

KEEPING_METHODS: Mapping[str, frozenset[str]] = MappingProxyType(
    dict.fromkeys(
        ("fastapi.FastAPI", "fastapi.APIRouter"),
        frozenset(
            (
                *("get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "websocket", "on_event"),
                *("middleware", "exception_handler"),
            )
        ),
    )
)
"""The same for methods, whose objects register the function and hand it back."""

PROPERTIES: frozenset[str] = frozenset(("builtins.property", "functools.cached_property"))
"""Decorators after which a method is read like an attribute."""

PLAIN_CLASSES: frozenset[str] = frozenset(
    (
        *("dataclasses.dataclass", "typing.final", "typing.runtime_checkable", "functools.total_ordering"),
        *(
            "attr.s",
            "attr.attrs",
            "attr.define",
            "attr.frozen",
            "attr.mutable",
            "attrs.define",
            "attrs.frozen",
            "attrs.mutable",
        ),
    )
)
"""Decorators after which calling a class makes an instance of it still."""

STARTUP_HOOKS: frozenset[str] = frozenset(f"{cls}.on_event" for cls in ("fastapi.FastAPI", "fastapi.APIRouter"))
"""Decorators whose handlers may be coroutine functions as well as others."""

_ALIASES = MappingProxyType(
    {
        "sqlmodel.ext.asyncio.session.AsyncSession": "sqlalchemy.ext.asyncio.AsyncSession",
        "fastapi.applications.FastAPI": "fastapi.FastAPI",
        "fastapi.routing.APIRouter": "fastapi.APIRouter",
    }
)


def canonical(dotted: str) -> str:
    """The name as the tables have it: `sqlalchemy.ext.asyncio.session.AsyncSession` without `session`."""
    if dotted in _ALIASES:
        return _ALIASES[dotted]
    for package in ("sqlalchemy.ext.asyncio", "asyncio"):
        if dotted.startswith(package + "."):
            inner = dotted[len(package) + 1 :].split(".")
            # Modules are in lower case; so are functions, which stand last.
            kept = [part for part in inner[:-1] if part[:1].isupper() or part == "async_sessionmaker"]
            return ".".join((package, *kept, inner[-1]))
    return dotted


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _by_method() -> Iterator[tuple[str, frozenset[str]]]:
    """By method, the last names of its classes and of the functions that make objects of them."""
    for method in {method for methods in METHODS.values() for method in methods}:
        classes = {cls for cls, methods in METHODS.items() if method in methods}
        makers = {name for name, made in MADE_BY.items() if made in classes or CALLED.get(made) in classes}
        entered = {
            name for name, made in MADE_BY.items() if any(cls == made and to in classes for (cls, _), to in ENTERED.items())
        }
        yield method, frozenset(map(_last, classes | makers | entered))


LIBRARY_FUNCTIONS: frozenset[str] = frozenset(map(_last, FUNCTIONS | TASKS))
"""The last names of functions that may be worth a look."""
LIBRARY_METHODS: Mapping[str, frozenset[str]] = MappingProxyType(dict(_by_method()))
"""The methods that may be, with the names that a file or what it imports has to know."""
ROOTS = frozenset(("asyncio", "anyio", "trio"))
"""The packages of these functions."""
