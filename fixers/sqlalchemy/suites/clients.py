"""Test clients: `TestClient(app)`, which runs the application in a loop of its own, to httpx's `AsyncClient` in the test's."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.colours.operations import is_client
from autofix.fixers.sqlalchemy.inference.externals import CLIENTS
from autofix.fixers.sqlalchemy.kinds import External
from autofix.fixers.sqlalchemy.migration.changes import FileChanges, Migration
from autofix.fixers.sqlalchemy.pieces import Replace, Wrap
from autofix.fixers.sqlalchemy.suites.lifespans import has_lifespan
from autofix.languages.python.code import Argument, Attribute, Call, Constant, Expression, Name
from autofix.languages.python.code_walk import dotted, walk

# The parameters of `TestClient` in their order, each with what takes it now: an argument of the client, one of its
# transport, or nothing.
_PARAMETERS = {
    "app": "transport",
    "base_url": "client",
    "raise_server_exceptions": "transport",
    "root_path": "transport",
    "backend": "",
    "backend_options": "",
    "cookies": "client",
    "headers": "client",
    "follow_redirects": "client",
    "client": "transport",
}
_TRANSPORT_NAMES = {"raise_server_exceptions": "raise_app_exceptions"}
# What `TestClient` does where it is not told, and `AsyncClient` does not.
_DEFAULTS = {"base_url": '"http://testserver"', "follow_redirects": "True"}

# Members of `TestClient` that `AsyncClient` does not have.
_ONLY_THERE = frozenset(("app", "app_state", "portal", "websocket_connect", "wait_shutdown"))
# `TestClient` runs the application in another loop, where no connection can be used that a test has opened in its own.
_WITH_SOCKETS = (
    "Talk to the application through a client of another library that runs in the test's loop, "
    "or move these tests to an engine and a `TestClient` that no other test shares."
)


def rewrite(migration: Migration, path: str) -> None:
    """All clients that a file makes, enters or names in annotations."""
    if not migration.colours.awaits_requests:
        return
    changes = migration.files[path]
    if b"TestClient" not in changes.text and CLIENTS.isdisjoint(migration.inference.foreign_names[path]):
        return
    for node in walk(changes.module.body):
        if isinstance(node, Name | Attribute) and _is_client_class(migration, path, node):
            _class(migration, changes, node)
        elif isinstance(node, Constant) and node.value == "TestClient" and _is_annotation(changes, node):
            _renamed(changes, node.start + 1, node.end - 1)
        elif isinstance(node, Attribute) and node.name in _ONLY_THERE and is_client(migration.kind(path, node.value)):
            hint = _WITH_SOCKETS if node.name == "websocket_connect" else ""
            migration.block(path, node.start, f"the client that runs in the test's own loop has no `{node.name}`", hint)


def _is_client_class(migration: Migration, path: str, node: Expression) -> bool:
    kind = migration.kind(path, node)
    return isinstance(kind, External) and kind.name in CLIENTS


def _class(migration: Migration, changes: FileChanges, node: Name | Attribute) -> None:
    parent = changes.parents.of(node)
    if isinstance(parent, Call) and parent.function is node:
        _construction(migration, changes, parent)
    elif isinstance(parent, Argument):
        call = changes.parents.of(parent)
        if isinstance(call, Call):
            migration.block(changes.path, node.start, "the class of the test client is handed on to what is not followed")
            return
        migration.block(changes.path, node.start, "a class inherits from the test client")
    else:
        _renamed(changes, node.start, node.end)


def _renamed(changes: FileChanges, start: int, end: int) -> None:
    changes.pieces.append(Replace(start, end, "AsyncClient"))
    changes.need("httpx", "AsyncClient")


def _construction(migration: Migration, changes: FileChanges, call: Call) -> None:
    given = _arguments(call)
    app = given.get("app") if given is not None else None
    if given is None or app is None:
        migration.block(changes.path, call.start, "the arguments of the test client are not known")
        return
    texts = {name: changes.source.slice(argument.value.start, argument.value.end) for name, argument in given.items()}
    transport = [f"{_TRANSPORT_NAMES.get(name, name)}={texts[name]}" for name in texts if _PARAMETERS[name] == "transport"]
    client = {name: texts.get(name, default) for name, default in _DEFAULTS.items()}
    client |= {name: text for name, text in texts.items() if _PARAMETERS[name] == "client"}
    arguments = [f"transport=ASGITransport({', '.join(transport)})", *(f"{name}={text}" for name, text in client.items())]
    _renamed(changes, call.function.start, call.function.end)
    changes.pieces.append(Replace(call.open + 1, call.end - 1, ", ".join(arguments)))
    changes.need("httpx", "ASGITransport")


def _arguments(call: Call) -> dict[str, Argument] | None:
    """The arguments by the names of the parameters; None where they cannot be told."""
    pairs = zip(_PARAMETERS, call.arguments, strict=False)
    found: dict[str, Argument] = {name: argument for name, argument in pairs if argument.keyword is None}
    found |= {argument.keyword: argument for argument in call.arguments if argument.keyword is not None}
    is_known = all(not argument.stars for argument in call.arguments) and found.keys() <= _PARAMETERS.keys()
    return found if is_known and len(found) == len(call.arguments) else None


def enter(migration: Migration, path: str, client: Expression) -> None:
    """`with TestClient(app)` also starts the application and stops it, which `async with AsyncClient(...)` does not."""
    changes = migration.files[path]
    if not has_lifespan(migration):
        return
    given = _arguments(client) if isinstance(client, Call) else None
    app = given.get("app") if given is not None else None
    if app is None or not dotted(app.value):
        migration.block(path, client.start, "the application that is started has no name here", "Give it one before.")
        return
    text = changes.source.slice(app.value.start, app.value.end)
    changes.pieces.append(Wrap(client.start, client.end, f"{text}.router.lifespan_context({text}), "))


def _is_annotation(changes: FileChanges, node: Constant) -> bool:
    """Whether a string stands where an annotation is written; all others are texts."""
    inner: object = node
    for around in changes.parents.around(node):
        if getattr(around, "annotation", None) is inner or getattr(around, "returns", None) is inner:
            return True
        inner = around
    return False
