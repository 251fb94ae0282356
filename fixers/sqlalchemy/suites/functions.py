"""Test functions and fixtures."""

from __future__ import annotations

from autofix.fixers.sqlalchemy.inference.analysis import Inference
from autofix.fixers.sqlalchemy.inference.fixtures import FIXTURE_DECORATORS
from autofix.fixers.sqlalchemy.inference.program import FunctionInfo
from autofix.languages.python.code import Call, Constant
from autofix.languages.python.code_walk import dotted

_UNITTEST = frozenset(("TestCase", "IsolatedAsyncioTestCase", "TransactionTestCase"))


def is_test_function(inference: Inference, function: FunctionInfo) -> bool:
    """Whether pytest runs a function as a test; not the methods of `unittest.TestCase`, which runs them by itself."""
    file = function.path.rpartition("/")[2]
    if not function.node.name.startswith("test") or not (file.startswith("test") or file.endswith("_test.py")):
        return False
    return not function.parent and not is_unittest(inference, function.owner)


def is_unittest(inference: Inference, cls: str) -> bool:
    """Whether a class of the program is a `unittest.TestCase`."""
    if not cls:
        return False
    bases = [base for above in inference.hierarchy.line(cls) for base in inference.program.classes[above].node.bases]
    return any(dotted(base.value).rpartition(".")[2] in _UNITTEST for base in bases)


def scope(function: FunctionInfo) -> str:
    """How long the value of a fixture lives; `function` also for what is no fixture, and where it is not written."""
    for decorator in function.node.decorators:
        if isinstance(decorator, Call) and dotted(decorator.function) in FIXTURE_DECORATORS:
            for argument in decorator.arguments:
                is_scope = argument.keyword == "scope" or (argument.keyword is None and argument is decorator.arguments[0])
                if is_scope and isinstance(argument.value, Constant) and isinstance(argument.value.value, str):
                    return argument.value.value
    return "function"
