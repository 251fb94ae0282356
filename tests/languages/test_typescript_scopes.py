"""The resolver: which declaration a name stands for.

In the samples `name$1` marks an occurrence of binding 1, `name$0` a name that nothing in the file declares. All marked
occurrences of one number, declarations and uses alike, must be one binding, and different numbers different ones.
"""

from __future__ import annotations

import re

import pytest
from autofix.languages.typescript.scopes import Binding, Kind, Role, scopes
from autofix.text.source import Source

_MARK = re.compile(r"([\w#]+)\$(\d)")

VALUES = [
    # var is hoisted out of blocks, let and const are not
    "var a$1; { var a$1; a$1 } a$1",
    "let a$1; { let a$2; a$2 } a$1",
    "a$1; { { var a$1 } }",
    "function f() { a$1; if (x) { var a$1 = 2 } return a$1 } a$0",
    "const f = () => { if (x) { var a$1 } a$1 }; a$0",
    "{ function f$1() {} f$1() } f$0()",
    "f$1(); function f$1() { f$1 }",
    "for (let i$1 = 0; i$1 < 9; i$1++) { i$1; let j$2 = i$1; j$2 } i$0",
    "for (var i$1 of xs$0) i$1; i$1",
    "for (const [a$1, { b$2 }] of xs$0) { a$1; b$2 } a$0",
    "let a$1; for (a$1 of xs$0) a$1; for (a$1 in xs$0);",
    "switch (a$0) { case 1: let a$1; default: a$1 } a$0",
    "while (a$0) { let a$1; a$1 } do { let a$1; a$1 } while (a$0)".replace("a$1; a$1 } while", "a$2; a$2 } while"),
    "class C { static { var a$1; a$1 } } a$0",
    # functions
    "function f(a$1, { b$2, c: [d$3 = a$1], ...e$4 }, ...g$5) { a$1; b$2; d$3; e$4; g$5; c$0 }",
    "function f(a$1) { var a$1; a$1 } a$0",
    "function f(a$1) { { let a$2; a$2 } a$1 }",
    "let x$1; function f(a = x$1) { var x$2; x$2; return a }",
    "const f$1 = function g$2() { g$2; f$1 }; g$0",
    "const f = function g$1(n) { var g$2; g$2 }",
    "const f = function g(g$1) { g$1 }",
    "const f = async a$1 => a$1; a$0",
    "const f = (a$1, b = a$1) => { a$1; return () => a$1 }",
    "try { e$0 } catch (e$1) { e$1; { let e$2; e$2 } } e$0",
    "try {} catch ({ message: m$1, ...r$2 }) { m$1; r$2 }",
    "try {} catch (e$1) { var q$2 = e$1 } q$2",
    "class A$1 { m() { return A$1 } [a$0] = a$0; static s = A$1 } new A$1",
    "const B$1 = class A$2 { m() { A$2; B$1 } }; A$0",
    "class A extends B$0 { constructor(private a$1, b$2 = a$1) { super(a$1, b$2) } n() { a$0 } }",
    "const o = { a$1, b: a$1, [a$1]: 1, a() { a$1 }, get b() { return a$1 } }, a$1 = 1",
    "let a$1, b$2; ({ a$1, x: b$2, ...a$1 } = c$0); [a$1, b$2.x, d$0[a$1]] = c$0",
    "let a$1; a$1 += 1; a$1++; (a$1) = 2; a$1!++; delete a$1.b",
    "const { a$1, [a$1]: b$2 = a$1 } = c$0; label: for (;;) { a: break label }",
    "{ using a$1 = b$0; a$1 } a$0",
    "const { window$1 } = x$0; window$1.y; globalThis$0.window",
    # imports and exports
    "import a$1, { b$2, c as d$3 } from 'x'; import * as e$4 from 'y'; a$1; b$2; c$0; d$3; e$4.f",
    "import a$1 = require('x'); a$1; import b$2 = N$0.a; b$2",
    "const a$1 = 1; export { a$1, a$1 as b }; export default a$1",
    "export { a } from 'x'; a$0; export * as b from 'x'; b$0",
    "export default function a$1() { a$1 } export class b$2 {} b$2",
    # enums and namespaces
    "enum E$1 { A$2, B$3 = A$2, 'C', D = B$3 | E$1.A } A$0; E$1.A",
    "enum E { A$1 } enum E { B = A$1 }",
    "namespace N$1 { export const a$2 = 1; const b$3 = a$2; b$3 } namespace N$1 { a$2; b$0 } a$0; N$1.a",
    "namespace A$1.B { export const a$2 = 1 } namespace A$1.B { a$2; B$3; } namespace A$1 { B$3 } B$0",
    "namespace N { export namespace O { const p$1 = 1; p$1 } export namespace O { p$0 } }",
    "function f$1() {} namespace f$1 { export let a$2 = 1; a$2 } f$1",
    "declare namespace N { const a$1: 1; const b: typeof a$1 }",
    "declare module 'x' { const a$1: 1; export { a$1 } } a$0",
    "declare global { var a$1: string } a$0",
    # what looks like a name and is none
    "a$0.b; a$0?.b?.[b$0]; ({ b: a$0 }); class C { b = 1; #b; m() { this.#b } }",
    "function f() { arguments; () => arguments; new.target; import.meta.x; undefined }",
    "const f = (this$0) => this$0".replace("this$0", "that$1"),
]

TYPES = [
    # a type and a value of one name do not hide each other
    "type a$1 = string; a$0; let x: a$1",
    "interface A$1 { b: A$1 } const f = (A$2: A$1) => A$2",
    "let a$1; { type a = 1; a$1 }",
    "class A$1<T$2> extends B$0<T$2> implements C$0<A$1<T$2>> { m<T$3>(t: T$3): T$3 {} u: T$2 } let t: T$0",
    "function f<T$1 extends U$2, U$2>(a$3: T$1): typeof a$3 { let b: T$1 } let x: typeof a$0",
    "type F = <V$1>(a$2: V$1) => a$2 is V$1; let a: V$0",
    "function f(x$1): asserts x$1 is A$0 {} function g(x$2): asserts x$2 {}",
    "type A<T$1> = T$1 extends (infer U$2)[] ? U$2 : U$0",
    "type A<T$1> = T$1 extends [infer H$2, ...infer R$3] ? [H$2, A<R$3>] : T$1 extends { a: infer H$4 } ? H$4 : H$0",
    "type M<O$1> = { [K$2 in keyof O$1 as `${K$2}`]?: O$1[K$2] }; type X = K$0",
    "type T = { [key: string]: key$0; (a$1: A$0): typeof a$1; m(b$2): typeof b$2; new (c$3: T): typeof c$3 }",
    "type T = [first: A$0, second?: B$0, ...rest: C$0[]]",
    "import type { A$1 } from 'x'; import { type B$2 } from 'y'; let a: A$1<B$2>; A$1",
    "import * as N$1 from 'x'; let a: N$1.A.B; let b: typeof N$1.c",
    "let React$1; let a: React$1.FC".replace("React$1.FC", "React$0.FC"),
    "enum E$1 { A } let a: E$1.A; let b: E$1",
    "let a$1; let b: typeof a$1.b; const c = typeof a$1; const d = typeof zz$0",
    "const a$1 = <T$2,>(t$3: T$2): T$2 => t$3 as T$2; let x: bigint",
    "abstract class A<T$1> { abstract m(a$2: T$1): typeof a$2; }",
    "type A = import('x').B$0".replace("B$0", "B"),
    "let a$1 = b$0 as const; let c = <T$0>a$1; let d = a$1 satisfies T$0; f$0<T$0>(a$1)",
]

JSX = [
    "import { A$1, b$2 } from 'x'; <A$1 c={b$2} d='e' {...b$2}><A$1.B /><b /><x-y />{b$2}text b</A$1>",
    "const div$1 = 1; <div a={div$1}>div</div>; <this.x />; <a:b c:d='e' />; <a$0.b />",
    "const C$1 = ({ a$2 }) => <><C$1<T$0> a={() => a$2} />{/* a */}{...a$2}</>",
    "function F() { const X$1 = y$0; return <X$1.Y>{xs$0.map(X$2 => <X$2 />)}</X$1.Y> }",
]


def check(path: str, marked: str) -> None:
    expected: dict[int, int] = {}
    text = ""
    at = 0
    for mark in _MARK.finditer(marked):
        text += marked[at : mark.start()]
        expected[len(text)] = int(mark[2])
        text += mark[1]
        at = mark.end()
    text += marked[at:]
    source = Source(path, text.encode())
    found: dict[int, Binding | None] = {}
    for binding in scopes(source).bindings:
        for declaration in binding.declarations:
            found[declaration.name.start_byte] = binding
    for reference in scopes(source).references:
        found.setdefault(reference.start, reference.binding)
    numbers: dict[int, Binding] = {}
    for offset, number in expected.items():
        assert offset in found, f"nothing at {text[offset:]!r}"
        binding = found[offset]
        if number == 0:
            assert binding is None, f"{text[offset:]!r} is bound to {binding}"
            continue
        assert binding is not None, f"{text[offset:]!r} is not bound"
        assert numbers.setdefault(number, binding) is binding, f"{text[offset:]!r} is another binding"
    assert len(set(map(id, numbers.values()))) == len(numbers)


@pytest.mark.parametrize("marked", VALUES)
def test_values(marked: str) -> None:
    check("a.ts", marked)
    check("a.ts", re.sub(r"([;{}]) ", r"\1\r\n\t", marked))


@pytest.mark.parametrize("marked", TYPES)
def test_types(marked: str) -> None:
    check("a.ts", marked)


@pytest.mark.parametrize("marked", JSX)
def test_jsx(marked: str) -> None:
    check("a.tsx", marked)


def found_in(text: str, path: str = "a.ts") -> list[tuple[str, Role]]:
    return [(reference.name, reference.role) for reference in scopes(Source(path, text.encode())).references]


def test_roles() -> None:
    assert found_in("a; a = 1; a += 1; a++; typeof a; typeof (a); typeof a.b; export { a }; let x: a; let y: typeof a") == [
        ("a", Role.READ),
        ("a", Role.WRITE),
        ("a", Role.UPDATE),
        ("a", Role.UPDATE),
        ("a", Role.TYPEOF),
        ("a", Role.TYPEOF),
        ("a", Role.READ),
        ("a", Role.EXPORT),
        ("a", Role.TYPE),
        ("a", Role.TYPE_QUERY),
    ]
    assert Role.TYPE.erased
    assert Role.TYPE_QUERY.erased
    assert not Role.TYPEOF.erased


def test_tags_of_the_host_are_no_references() -> None:
    text = "const div = 1, X = 2; <div><X /><x-y /><a:b /></div>"
    assert found_in(text, "a.tsx") == [("X", Role.READ)]


def test_arguments_belong_to_functions() -> None:
    assert found_in("function f() { arguments; (() => arguments)() }") == []
    assert found_in("const f = () => arguments") == [("arguments", Role.READ)]


def test_ambient_names_are_told_from_real_ones() -> None:
    file = scopes(
        Source(
            "a.ts",
            b"declare const a: 1; declare function b(): void; const c = 1; declare var d; var d = 2; var e; declare var e",
        )
    ).file
    assert {name: binding.ambient for name, binding in file.bindings.items()} == {
        "a": True,
        "b": True,
        "c": False,
        "d": False,
        "e": False,
    }
    assert scopes(Source("a.d.ts", b"export const a: 1;")).file.bindings["a"].ambient


def test_kinds_and_lookup() -> None:
    source = Source(
        "a.ts", b"import a from 'x'; function f(b) { let c; try {} catch (d) { c } } enum E { F } type T = 1; class G {}"
    )
    everything = scopes(source)
    assert {binding.name: binding.kind for binding in everything.bindings} == {
        "a": Kind.IMPORT,
        "f": Kind.FUNCTION,
        "E": Kind.ENUM,
        "T": Kind.TYPE_ALIAS,
        "G": Kind.CLASS,
        "b": Kind.PARAMETER,
        "c": Kind.LEXICAL,
        "d": Kind.CATCH,
        "F": Kind.ENUM_MEMBER,
    }
    c = everything.reference_at(source.text.index(b"c }"))
    assert c is not None
    assert c.binding is not None
    assert c.scope.lookup("a") is everything.file.bindings["a"]
    assert c.scope.lookup("T") is None
    assert everything.reference_at(0) is None
    assert everything.references_in(0, len(source.text)) == everything.references


def test_deep_nesting_does_not_recurse() -> None:
    text = "const a = " + "(" * 3000 + "b" + ")" * 3000 + " + c" * 3000 + ";" + "{" * 2000 + "d" + "}" * 2000
    assert len(found_in(text)) == 3002


def test_broken_text_still_has_names() -> None:
    names = {name for name, _ in found_in("function f(a { return a + } class { x = ; enum { ] b")}
    assert "b" in names or "a" in names
