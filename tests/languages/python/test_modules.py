"""Which names files have and which files names mean."""

from __future__ import annotations

import pickle

import pytest
from autofix.languages.python.module_paths import relative_module
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


def test_what_is_known_to_be_foreign_is_not_found() -> None:
    paths = ("docs/__init__.py", "docs/redis/__init__.py", "docs/redis/a.py", "docs/x.py", "redis/b.py")
    index = ModuleIndex(paths, foreign=[("docs", "redis")])
    assert ModuleIndex(paths).find("redis.a", "docs/x.py") == "docs/redis/a.py"
    assert index.find("redis", "docs/x.py") is index.find("redis.a", "docs/x.py") is None
    assert index.find("docs.redis.a", "main.py") == "docs/redis/a.py"
    assert index.find("redis.b", "main.py") == "redis/b.py"
    assert index != ModuleIndex(paths)


def test_one_namespace_over_several_projects() -> None:
    paths = (
        *("ns/api/setup.py", "ns/api/ns/api/__init__.py", "ns/api/ns/api/app.py"),
        *("ns/types/pyproject.toml", "ns/types/ns/types/__init__.py", "ns/types/tests/test_a.py"),
    )
    index = ModuleIndex(paths, {"ns/api/ns/api/app.py": ["ns.types"], "ns/types/tests/test_a.py": ["ns.api.app", "ns.types"]})
    assert index.find("ns.types", "ns/api/ns/api/app.py") == "ns/types/ns/types/__init__.py"
    assert index.find("ns.api.app", "ns/types/tests/test_a.py") == "ns/api/ns/api/app.py"
    assert index.name_of("ns/api/ns/api/app.py") == "ns.api.app"


def test_the_likeliest_file_where_nothing_says_that_it_is_found() -> None:
    index = ModuleIndex(("one/app/db.py", "two/app/db.py", "two/src/lib/x.py", "app.py", "a/b.pyi", "a/b.py"))
    assert index.find("app.db", "two/app/db.py") == index.nearest("app.db", "two/tests/test_a.py") == "two/app/db.py"
    assert index.nearest("app.db", "one/main.py") == "one/app/db.py"
    assert index.nearest("lib.x", "elsewhere/main.py") == "two/src/lib/x.py"
    assert index.find("lib.x", "elsewhere/main.py") is None
    assert index.nearest("a.b") == "a/b.py"
    assert index.nearest("pp.db", "one/main.py") is None
    assert index.nearest_folder("app", "one/main.py") == "one/app"
    assert index.nearest_folder("pp", "one/main.py") is None
    assert [index.may_exist(module) for module in ("app.db", "lib", "pp", "db", "one.app")] == [True, True, False, True, True]


def test_the_root_that_is_likeliest_for_a_file() -> None:
    index = ModuleIndex(("a/b/x.py",))
    assert index.nearest_root(("", "a", "a/b", "c"), "a/b/x.py") == "a/b"
    assert index.nearest_root(("a/src", "c"), "a/b/x.py") == "a/src"
    assert index.nearest_root(("c", "c/src"), "a/b/x.py") is None


def test_every_name_that_a_file_can_have() -> None:
    index = ModuleIndex(("x/app/api/users.py", "x/app/api/__init__.py", "x/app/__init__.py", "a/b/c.py"))
    assert index.possible_names("x/app/api/users.py") == ("app.api.users", "x.app.api.users")
    assert index.possible_names("x/app/__init__.py") == ("app", "x.app")
    assert index.possible_names("a/b/c.py") == ("c", "b.c", "a.b.c")
    assert list(index.possible_modules("x/app/api/users.py", 2, "db")) == ["app.db", "x.app.db"]
    assert list(index.possible_modules("x/app/__init__.py", 1, "db")) == ["app.db", "x.app.db"]
    assert list(index.possible_modules("main.py", 1, "db")) == []
    assert list(index.possible_modules("a/b/c.py", 0, "x.y")) == ["x.y"]


@pytest.mark.parametrize(
    ("own", "is_package", "target", "written"),
    [
        ("app.api.users", False, "app.core.db", "..core.db"),
        ("app.api", True, "app.api.x", ".x"),
        ("app.api", True, "app.api", "."),
        ("app.users", False, "other.x", None),
    ],
)
def test_relative_names(own: str, is_package: bool, target: str, written: str | None) -> None:
    assert relative_module(own, is_package, target) == written


def test_a_small_index_answers_the_same_about_its_words() -> None:
    paths = (*SRC, "other/core/db.py", "lib/db.py", "far/away.py", "pyproject.toml", "docs/core.md", "top/deep/x.py")
    whole = ModuleIndex(paths)
    small = whole.about({"db"}, {"top", "far"})
    assert small.paths == {"src/core/db.py", "other/core/db.py", "lib/db.py"}
    for near in paths:
        for module in ("core.db", "src.core.db", "db", "lib.db", "nothing.db"):
            assert small.nearest(module, near) == whole.nearest(module, near)
            assert small.find(module, near) == whole.find(module, near)
    assert [small.may_exist(module) for module in ("top", "far", "db", "away")] == [True, True, True, False]
    assert small.possible_names("src/core/models/__init__.py") == whole.possible_names("src/core/models/__init__.py")


def test_indexes_compare_and_travel_between_processes() -> None:
    index = ModuleIndex((*SRC, "pyproject.toml", "a.md")).about({"db"}, {"src"})
    again = pickle.loads(pickle.dumps(index))
    assert again == index == ModuleIndex((*SRC, "pyproject.toml")).about({"db"}, {"src"})
    assert again.nearest("core.db", "tests/test_db.py") == "src/core/db.py"
    assert index != ModuleIndex(SRC).about({"db"}, {"src"})
    assert index != ModuleIndex((*SRC, "pyproject.toml", "lib/db.py")).about({"db"}, {"src"})
