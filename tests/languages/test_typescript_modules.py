"""Imports, exports and the files that specifiers mean."""

from __future__ import annotations

import pytest
from autofix.languages.typescript.imports import ImportKind, exports, imported_as, imports
from autofix.languages.typescript.resolution import Modules
from autofix.text.source import Source


def read(text: str, path: str = "a.tsx") -> Source:
    return Source(path, text.encode())


@pytest.mark.parametrize(
    ("text", "kind", "names", "type_only"),
    [
        ("import 'm'", ImportKind.STATIC, [], False),
        ("import a from 'm'", ImportKind.STATIC, [("default", "a", False)], False),
        ("import a, { b, c as d } from 'm'", ImportKind.STATIC, [("default", "a"), ("b", "b"), ("c", "d")], False),
        ('import a, * as b from "m"', ImportKind.STATIC, [("default", "a"), ("*", "b")], False),
        ("import { default as a, 'x-y' as b } from 'm'", ImportKind.STATIC, [("default", "a"), ("x-y", "b")], False),
        ("import { type A, b } from 'm'", ImportKind.STATIC, [("A", "A", True), ("b", "b")], False),
        ("import { type A } from 'm'", ImportKind.STATIC, [("A", "A", True)], True),
        ("import type { A } from 'm'", ImportKind.STATIC, [("A", "A", True)], True),
        ("import type A from 'm'", ImportKind.STATIC, [("default", "A", True)], True),
        ("import type from 'm'", ImportKind.STATIC, [("default", "type")], False),
        ("import {} from 'm'", ImportKind.STATIC, [], False),
        ("import a from 'm' with { type: 'json' }", ImportKind.STATIC, [("default", "a")], False),
        ("import a = require('m')", ImportKind.EQUALS, [("=", "a")], False),
        ("export * from 'm'", ImportKind.REEXPORT, [("*", "*")], False),
        ("export * as a from 'm'", ImportKind.REEXPORT, [("*", "a")], False),
        ("export { a, b as default } from 'm'", ImportKind.REEXPORT, [("a", "a"), ("b", "default")], False),
        ("export type { A } from 'm'", ImportKind.REEXPORT, [("A", "A", True)], True),
        ("require('m')", ImportKind.REQUIRE, [], False),
        ("const a = require('m')", ImportKind.REQUIRE, [("*", "a")], False),
        (
            "const { a, b: c, d = 1, e: f = 2, ...g } = require('m')",
            ImportKind.REQUIRE,
            [("a", "a"), ("b", "c"), ("d", "d"), ("e", "f")],
            False,
        ),
        ("const a = require('m').b", ImportKind.REQUIRE, [], False),
        ("const a = await import('m')", ImportKind.DYNAMIC, [("*", "a")], False),
        ("const a = import('m')", ImportKind.DYNAMIC, [], False),
        ("const { a } = await import(/* webpackChunkName: 'x' */ `m`)", ImportKind.DYNAMIC, [("a", "a")], False),
        ("React.lazy(() => import('m'))", ImportKind.DYNAMIC, [], False),
        ("let a: import('m').B", ImportKind.TYPE, [], True),
        ("let a: typeof import('m')", ImportKind.TYPE, [], True),
        ("type A = Promise<import('m').B[]>", ImportKind.TYPE, [], True),
    ],
)
def test_imports(text: str, kind: ImportKind, names: list[tuple[str, ...]], type_only: bool) -> None:
    source = read(f"// é\r\n{text}")
    [found] = imports(source)
    assert (found.kind, found.specifier, found.type_only) == (kind, "m", type_only)
    assert source.text[found.specifier_start : found.specifier_end] == b"m"
    assert [(name.imported, name.local, name.type_only) for name in found.names] == [(*name, False)[:3] for name in names]
    assert all(name.local.encode() in source.text[name.start : name.end] for name in found.names if name.local != "*")


@pytest.mark.parametrize(
    "text", ["import(a)", "require(`a${b}`)", "a.require('m')", "require()", "// import 'm'", "'import a from \"m\"'"]
)
def test_what_is_no_import(text: str) -> None:
    assert imports(read(text)) == []


def test_imported_as() -> None:
    source = read(
        "import type { t } from 'r'; import { a as b, type c } from 'r'; import d, * as e from 'r'; import { a } from 'q'"
    )
    assert [imported_as(source, "r", name) for name in ("a", "c", "t", "default", "*", "z")] == [
        "b",
        None,
        None,
        "d",
        "e",
        None,
    ]


def test_exports() -> None:
    source = read(
        """export const a = 1, { b, c: [d = 2], ...e } = x, f = () => 1;
export function g() {} export async function* h() {} export class I {} export abstract class J {} export enum K {}
export interface L {} export type M = 1; export namespace N.O {} export declare const p: 1; declare const z: 1;
const q = 1; export { q, q as r, type L as S, q as 't-u' }; export * from 'v'; export * as w from 'v';
export { x as y } from 'v';
namespace Inner { export const inner = 1 }
export default q;""",
        "a.ts",
    )
    found = exports(source)
    assert {name: one.local for name, one in found.items() if one.local == name} == {name: name for name in "abdefghIJKLMNpq"}
    assert {name: one.local for name, one in found.items() if one.local != name} == {
        "r": "q",
        "S": "L",
        "t-u": "q",
        "w": None,
        "y": None,
        "default": "q",
    }
    assert {name for name, one in found.items() if one.type_only} == {"L", "M", "S"}


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("export default () => 1", None),
        ("export default { a }", None),
        ("export default function () {}", None),
        ("export default function f() {}", "f"),
        ("export default class F {}", "F"),
        ("export default f", "f"),
        ("export default memo(f)", None),
    ],
)
def test_default_exports(text: str, local: str | None) -> None:
    assert exports(read(text))["default"].local == local


def test_export_equals() -> None:
    assert exports(read("export = a", "a.ts"))["="].local == "a"


FILES = {
    "src/a.ts": "",
    "src/b.tsx": "",
    "src/b/index.ts": "",
    "src/c/index.jsx": "",
    "src/d.js": "",
    "src/e.styles.ts": "",
    "src/f.d.ts": "",
    "src/g.css": "",
    "src/h.mts": "",
    "src/pages/page.tsx": "",
    "src/i/package.json": '{"main": "./lib.js"}',
    "src/i/lib.ts": "",
}


def modules(files: dict[str, str]) -> Modules:
    return Modules(files.keys(), lambda path: files[path].encode() if path in files else None)


@pytest.mark.parametrize(
    ("specifier", "path"),
    [
        ("../a", "src/a.ts"),
        ("../a.ts", "src/a.ts"),
        ("../a.js", "src/a.ts"),
        ("../b", "src/b.tsx"),
        ("../b.jsx", "src/b.tsx"),
        ("../b/", "src/b/index.ts"),
        ("../b/index", "src/b/index.ts"),
        ("../c", "src/c/index.jsx"),
        ("../d", "src/d.js"),
        ("../d.js", "src/d.js"),
        ("../e.styles", "src/e.styles.ts"),
        ("../h.mjs", "src/h.mts"),
        ("../i", "src/i/lib.ts"),
        ("../a?raw", "src/a.ts"),
        (".././a", "src/a.ts"),
        # no source of ours
        ("../f", None),
        ("../g.css", None),
        ("../missing", None),
        ("../../../outside", None),
        ("/src/a", None),
        ("src/a", None),
        ("react", None),
        ("!raw-loader!../a", None),
        ("", None),
    ],
)
def test_relative_paths(specifier: str, path: str | None) -> None:
    assert modules(FILES).resolve("src/pages/page.tsx", specifier) == path


def test_index_of_the_own_folder() -> None:
    assert modules(FILES).resolve("src/b/x.ts", ".") == "src/b/index.ts"
    assert modules(FILES).resolve("src/b/y/x.ts", "..") == "src/b/index.ts"
    assert modules({"index.ts": "", "a.ts": ""}).resolve("a.ts", ".") == "index.ts"


def test_paths_of_tsconfig() -> None:
    files = {
        "tsconfig.json": """{
  // the root
  "extends": ["./missing.json", "./config/base"],
  "compilerOptions": { "baseUrl": "src", /* "paths": {} */ "paths": {
    "@/*": ["./*"], "@/lib/*": ["../lib/*", "./fallback/*"], "exact": ["a.ts"], "*/suffix": ["suffix/*"], "bad": 1 }, },
}""",
        "src/a.ts": "",
        "lib/x.ts": "",
        "src/fallback/y.ts": "",
        "src/suffix/z.ts": "",
        "packages/p/tsconfig.json": "not json",
        "packages/p/q.ts": "",
    }
    found = modules(files)
    wanted = {
        "@/a": "src/a.ts",
        "@/lib/x": "lib/x.ts",
        "@/lib/y": "src/fallback/y.ts",
        "exact": "src/a.ts",
        "z/suffix": "src/suffix/z.ts",
    }
    assert {specifier: found.resolve("src/a.ts", specifier) for specifier in wanted} == wanted
    assert found.resolve("src/a.ts", "a") == "src/a.ts"
    assert found.resolve("src/a.ts", "@/lib/a") is None
    assert found.resolve("src/a.ts", "bad") is None
    # The nearest configuration counts, even a broken one.
    assert found.resolve("packages/p/q.ts", "@/a") is None


def test_inherited_and_referenced_configurations() -> None:
    files = {
        "tsconfig.base.json": '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}',
        "app/tsconfig.json": '{"extends": "../tsconfig.base.json"}',
        "app/a.ts": "",
        "src/a.ts": "",
        "vite/tsconfig.json": """{"files": [], "references": [
            {"path": "./tsconfig.node.json"}, {"path": "./tsconfig.app.json"}, {"path": "../loop"}]}""",
        "vite/tsconfig.app.json": '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}',
        "vite/tsconfig.node.json": "{}",
        "vite/src/b.ts": "",
        "loop/tsconfig.json": '{"extends": "./tsconfig.json"}',
        "loop/a.ts": "",
    }
    found = modules(files)
    assert found.resolve("app/a.ts", "@/a") == "src/a.ts"
    assert found.resolve("vite/src/b.ts", "@/b") == "vite/src/b.ts"
    assert found.resolve("loop/a.ts", "@/a") is None


def test_workspace_packages() -> None:
    files = {
        "packages/core/package.json": '{"name": "@x/core", "main": "./dist/index.js", "types": "dist/index.d.ts"}',
        "packages/core/src/index.ts": "",
        "packages/core/src/util.ts": "",
        "packages/ui/package.json": """{"name": "ui", "exports": {
            ".": {"types": "./dist/main.d.ts", "default": "./dist/main.js"},
            "./button": {"import": "./dist/button.mjs"}, "./icons/*": "./src/icons/*.tsx", "./x": null}}""",
        "packages/ui/src/main.tsx": "",
        "packages/ui/src/button.tsx": "",
        "packages/ui/src/icons/ok.tsx": "",
        "packages/plain/package.json": '{"name": "plain"}',
        "packages/plain/index.js": "",
        "node_modules/dep/package.json": '{"name": "dep"}',
        "node_modules/dep/index.js": "",
        "app/a.ts": "",
    }
    found = modules(files)
    wanted = {
        "@x/core": "packages/core/src/index.ts",
        "@x/core/util": "packages/core/src/util.ts",
        "@x/core/src/util": "packages/core/src/util.ts",
        "@x": None,
        "ui": "packages/ui/src/main.tsx",
        "ui/button": "packages/ui/src/button.tsx",
        "ui/icons/ok": "packages/ui/src/icons/ok.tsx",
        "ui/x": None,
        "plain": "packages/plain/index.js",
        "dep": None,
    }
    assert {specifier: found.resolve("app/a.ts", specifier) for specifier in wanted} == wanted


def test_docusaurus_site() -> None:
    files = {"site/docusaurus.config.ts": "", "site/src/x.tsx": "", "site/docs/a.mdx": "", "other/a.ts": ""}
    assert modules(files).resolve("site/docs/a.mdx", "@site/src/x") == "site/src/x.tsx"
    assert modules(files).resolve("other/a.ts", "@site/src/x") is None


def test_nothing_is_read_before_it_is_needed() -> None:
    def fail(path: str) -> bytes:
        raise AssertionError(path)

    assert Modules({"a.ts", "b.ts", "tsconfig.json"}, fail).resolve("a.ts", "./b") == "b.ts"
