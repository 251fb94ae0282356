"""Which names files have and which files names mean."""

from __future__ import annotations

import pytest
from autofix.languages.python.modules import Ambiguous, ModuleIndex

SRC = (
    "src/core/__init__.py",
    "src/core/db.py",
    "src/core/models/__init__.py",
    "src/main.py",
    "tests/test_db.py",
    "tests/conftest.py",
)


def test_a_file_has_the_names_that_imports_use() -> None:
    index = ModuleIndex(SRC, {"src/main.py": ["core.db", "os"], "tests/test_db.py": ["src.core.db", "src.main", "pytest"]})
    assert index.names_of("src/core/db.py") == ("src.core.db", "core.db")
    assert index.name_of("src/main.py") == "src.main"
    assert index.names_of("src/core/models/__init__.py") == ("src.core.models", "core.models")


def test_without_imports_the_layout_speaks() -> None:
    index = ModuleIndex(SRC)
    assert index.names_of("src/core/db.py") == ("core.db",)
    assert index.names_of("src/main.py") == ("main", "src.main")
    assert index.names_of("tests/test_db.py") == ("test_db", "tests.test_db")


def test_a_package_that_holds_src_makes_it_a_package() -> None:
    index = ModuleIndex(("src/__init__.py", "src/db.py"), {"src/a.py": ["db"]})
    assert index.names_of("src/db.py") == ("db", "src.db")
    assert index.find("src.db", "tests/test_a.py") == "src/db.py"


def test_namespace_packages() -> None:
    paths = ("app/api/routes.py", "app/db/session.py", "main.py")
    index = ModuleIndex(paths, {"main.py": ["app.api.routes"], "app/api/routes.py": ["app.db.session"]})
    assert index.names_of("app/db/session.py")[0] == "app.db.session"
    assert index.find("app.db.session", "main.py") == "app/db/session.py"
    assert index.find("app.db", "main.py") is None
    assert index.is_package("app.db", "main.py")
    assert index.exists("app.db", "main.py")
    assert not index.exists("app.nothing", "main.py")


def test_siblings_of_a_script() -> None:
    index = ModuleIndex(("scripts/run.py", "scripts/helpers.py", "app/__init__.py"))
    assert index.find("helpers", "scripts/run.py") == "scripts/helpers.py"
    assert index.find("helpers", "app/__init__.py") is None


def test_a_package_does_not_hide_the_standard_library() -> None:
    index = ModuleIndex(("app/__init__.py", "app/logging.py", "app/config.py", "app/main.py"))
    assert index.find("logging", "app/main.py") is None
    assert index.find("config", "app/main.py") == "app/config.py"
    assert index.find("app.logging", "app/main.py") == "app/logging.py"


def test_the_nearest_root_wins() -> None:
    index = ModuleIndex(("app/db.py", "backend/app/db.py", "backend/app/main.py", "main.py", "backend/tests/test_a.py"))
    assert index.find("app.db", "backend/app/main.py") == "backend/app/db.py"
    assert index.find("app.db", "backend/tests/test_a.py") == "backend/app/db.py"
    assert index.find("app.db", "main.py") == "app/db.py"


def test_two_files_of_one_name_are_ambiguous() -> None:
    paths = ("services/a/shared/__init__.py", "services/b/shared/__init__.py", "tools/x.py", "services/a/main.py")
    index = ModuleIndex(paths)
    assert index.find("shared", "tools/x.py") == Ambiguous(paths[:2])
    assert index.find("shared", "services/a/main.py") == paths[0]


def test_source_folders_beside_the_importing_file() -> None:
    index = ModuleIndex(("pkg/src/lib/__init__.py", "pkg/tests/test_lib.py", "other/tests/test_x.py", "lib/__init__.py"))
    assert index.find("lib", "pkg/tests/test_lib.py") == "lib/__init__.py"
    index = ModuleIndex(("pkg/src/core/a.py", "pkg/tests/test_a.py"))
    assert index.find("core.a", "pkg/tests/test_a.py") == "pkg/src/core/a.py"


def test_configured_roots() -> None:
    index = ModuleIndex(("backend/code/a.py", "backend/tests/test_a.py"), roots=["backend/code"])
    assert index.find("a", "backend/tests/test_a.py") == "backend/code/a.py"
    assert index.names_of("backend/code/a.py")[0] == "a"


def test_packages_shadow_modules_and_code_goes_before_stubs() -> None:
    index = ModuleIndex(("a/__init__.py", "a.py", "b.py", "b.pyi", "c.pyi"))
    assert index.find("a", "x.py") == "a/__init__.py"
    assert index.find("b", "x.py") == "b.py"
    assert index.find("c", "x.py") == "c.pyi"


@pytest.mark.parametrize(
    ("path", "level", "module", "file", "names"),
    [
        ("src/core/db.py", 1, "models", "src/core/models/__init__.py", ("core.models",)),
        ("src/core/db.py", 1, "", "src/core/__init__.py", ("core",)),
        ("src/core/models/__init__.py", 1, "", "src/core/models/__init__.py", ("core.models",)),
        ("src/core/models/__init__.py", 2, "db", "src/core/db.py", ("core.db",)),
        ("src/core/db.py", 2, "main", "src/main.py", ()),
        ("src/core/db.py", 9, "x", None, ()),
        ("src/core/db.py", 1, "nothing", None, ("core.nothing",)),
    ],
)
def test_relative_imports(path: str, level: int, module: str, file: str | None, names: tuple[str, ...]) -> None:
    index = ModuleIndex(SRC)
    assert index.find_relative(path, level, module) == index.resolve(path, level, module) == file
    assert index.resolve_relative(path, level, module) == names


def test_folders_that_are_no_names_are_no_packages() -> None:
    index = ModuleIndex(("my-app/a.py", "my-app/2/b.py", "versions/001_x.py"))
    assert index.names_of("my-app/a.py") == ("a",)
    assert index.names_of("my-app/2/b.py") == ("b",)
    assert index.names_of("versions/001_x.py") == ()


def test_an_init_file_at_the_root_names_nothing() -> None:
    index = ModuleIndex(("__init__.py", "api/__init__.py", "api/v1/__init__.py", "api/v1/user.py", "main.py"))
    assert index.find("api.v1.user", "main.py") == "api/v1/user.py"
    assert index.names_of("api/v1/user.py") == ("api.v1.user",)


def test_a_package_may_have_modules_called_like_other_packages() -> None:
    paths = ("app/__init__.py", "app/backends/__init__.py", "app/backends/redis.py", "app/backends/base.py", "main.py")
    alone = ModuleIndex(paths)
    assert alone.find("redis", "app/backends/redis.py") is None
    assert alone.find("base", "app/backends/redis.py") == "app/backends/base.py"
    used = ModuleIndex(paths, {"main.py": ["app.backends.base"], "app/backends/base.py": ["redis"]})
    assert used.find("redis", "app/backends/base.py") is None
    assert used.votes == {("", "app"): 1}


def test_one_namespace_over_several_projects() -> None:
    paths = (
        *("ns/api/setup.py", "ns/api/ns/api/__init__.py", "ns/api/ns/api/app.py"),
        *("ns/types/pyproject.toml", "ns/types/ns/types/__init__.py", "ns/types/tests/test_a.py"),
    )
    index = ModuleIndex(paths, {"ns/api/ns/api/app.py": ["ns.types"], "ns/types/tests/test_a.py": ["ns.api.app", "ns.types"]})
    assert index.find("ns.types", "ns/api/ns/api/app.py") == "ns/types/ns/types/__init__.py"
    assert index.find("ns.api.app", "ns/types/tests/test_a.py") == "ns/api/ns/api/app.py"
    assert index.name_of("ns/api/ns/api/app.py") == "ns.api.app"
