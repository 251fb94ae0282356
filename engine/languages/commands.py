"""The commands of a shell script: words, operators and nesting, each with its bytes in the source.

POSIX shell (IEEE 1003.1, "Shell Command Language"), and with `bash=True` what bash adds and scripts use. What is not
understood is refused whole, here-documents among it: nothing is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from autofix.text.excerpt import Excerpt

_BREAKS = frozenset(b" \t\n;&|()<>")
_BRACE_BREAKS = frozenset(bytes([byte]) for byte in _BREAKS)
_ASSIGNMENT = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*\+?=")
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_CONTROL = re.compile(rb"&&|\|\||\|&|;;|[;&|\n]")
_REDIRECTION = re.compile(rb"\d*(?:<<<|<<|>>|>\||<>|[<>]&|[<>])|&>>?")
_UNQUOTED_BREAK = re.compile(rb"[\s;&|()<>'\"\\$`]")
_BACKTICKS = re.compile(rb"`(?:[^`\\]|\\.)*`", re.DOTALL)
_ARITHMETIC = re.compile(rb"\$\(\((?:[\w\s+*/%<>=!&|^~?:,$-]|\([\w\s+*/%<>=!&|^~?:,$-]*\))*\)\)")
_RESERVED = frozenset(
    (
        "!",
        "{",
        "}",
        "case",
        "do",
        "done",
        "elif",
        "else",
        "esac",
        "fi",
        "for",
        "function",
        "if",
        "in",
        "select",
        "then",
        "until",
        "while",
        "[[",
        "]]",
        "coproc",
    )
)
_NOT_IN_SH = frozenset(("[[", "function", "select", "coproc"))


class NotUnderstood(ValueError):
    """A script that is left alone: why, and at which byte of the source (None where it has none)."""

    def __init__(self, reason: str, offset: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written (`raw`), and what it says: `value` without quotes, None where the shell expands something.

    Globs, braces and a leading `~` stay in `value` as they are. `start` and `end` are byte offsets in the source.
    """

    raw: str
    value: str | None
    start: int
    end: int

    @property
    def quoted(self) -> bool:
        """Whether any part of it is quoted or escaped."""
        return any(mark in self.raw for mark in "'\"\\")


@dataclass(frozen=True, slots=True)
class Redirection:
    """`2> file`: the operator with its number, and where it leads."""

    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command. `before` and `after` are the operators around it, empty at the ends of its list.

    `nesting` names what it lies in, outermost first: `subshell`, `group`, `if`, `loop`, `case`, `function`, `substitution`.
    """

    assignments: tuple[Word, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    start: int
    end: int
    before: str
    after: str
    nesting: tuple[str, ...]

    @property
    def name(self) -> str | None:
        """The command's name without its folder; None where there is none or the shell expands it."""
        value = self.words[0].value if self.words else None
        return value.rpartition("/")[2] if value is not None else None


def parse(script: Excerpt, *, bash: bool = False) -> tuple[Command, ...]:
    """All simple commands in the order they are written, those in substitutions too.

    Raises:
        NotUnderstood: the script does not parse, or holds a here-document or something else that is not read here.
    """
    parser = _Parser(script, bash)
    try:
        parser.commands_until(frozenset(), ())
    except RecursionError:
        raise NotUnderstood("nested too deeply", None) from None
    return tuple(sorted(parser.commands, key=lambda command: command.start))


class _Parser:
    """Recursive descent. `at` is an offset into the script."""

    def __init__(self, script: Excerpt, bash: bool) -> None:
        self.script = script
        self.text = script.text
        self.bash = bash
        self.at = 0
        self.commands: list[Command] = []

    def fail(self, reason: str) -> NotUnderstood:
        return NotUnderstood(reason, self.script.offset(min(self.at, len(self.text))) if self.text else None)

    def peek(self, size: int = 1) -> bytes:
        return self.text[self.at : self.at + size]

    def skip(self, newlines: bool) -> None:
        """Blanks, continuations and comments."""
        while self.at < len(self.text):
            if self.peek() in (b" ", b"\t") or (newlines and self.peek() == b"\n"):
                self.at += 1
            elif self.peek(2) == b"\\\n":
                self.at += 2
            elif self.peek() == b"#":
                end = self.text.find(b"\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def commands_until(self, closers: frozenset[str], nesting: tuple[str, ...]) -> str:
        """Commands up to one of the closers, which is read too and returned; to the end where there are none."""
        before, count = "", 0
        while True:
            self.skip(newlines=True)
            closer = self.closer(closers)
            if closer is not None:
                if before in ("&&", "||", "|", "|&"):
                    raise self.fail(f"nothing follows {before}")
                if count == 0 and closer not in (";;", "esac"):
                    raise self.fail(f"nothing stands before {closer}" if closer else "holds no command")
                return closer
            first = len(self.commands)
            compound = self.command(nesting, before)
            count += 1
            self.skip(newlines=False)
            # `done` and its like need no separator behind the end of another compound command.
            after = "" if compound and self.bare_word() in closers else self.operator(closers)
            own = [index for index in range(first, len(self.commands)) if self.commands[index].nesting == nesting]
            if own:
                self.commands[own[-1]] = replace(self.commands[own[-1]], after=after)
            before = after

    def closer(self, closers: frozenset[str]) -> str | None:
        if self.at >= len(self.text):
            if closers:
                raise self.fail(f"{' or '.join(sorted(closers))} is missing")
            return ""
        for mark in (")", ";;"):
            if mark in closers and self.peek(len(mark)) == mark.encode():
                self.at += len(mark)
                return mark
        word = self.bare_word()
        if word in closers:
            self.at += len(word)
            return word
        return None

    def operator(self, closers: frozenset[str]) -> str:
        """What joins a command to the next one."""
        match = _CONTROL.match(self.text, self.at)
        if match is None:
            if self.at >= len(self.text) or (")" in closers and self.peek() == b")"):
                return ""
            raise self.fail("two commands stand side by side")
        mark = match[0].decode()
        if mark == ";;":
            if ";;" not in closers:
                raise self.fail(";; outside of case")
            return ""
        if mark == "|&" and not self.bash:
            raise self.fail("|& is no operator of sh")
        self.at = match.end()
        return mark

    def bare_word(self) -> str:
        """The word ahead if it has no quotes and expansions; empty otherwise."""
        match = _UNQUOTED_BREAK.search(self.text, self.at)
        end = match.start() if match else len(self.text)
        if match is not None and match[0] in (b"'", b'"', b"\\", b"$", b"`"):
            return ""
        return self.text[self.at : end].decode("utf-8", "replace")

    def expect(self, word: str) -> None:
        self.skip(newlines=True)
        if self.bare_word() != word:
            raise self.fail(f"{word} is missing")
        self.at += len(word)

    def command(self, nesting: tuple[str, ...], before: str) -> bool:
        """Read a command; whether it is a compound one that ends without a redirection."""
        if _CONTROL.match(self.text, self.at) or self.peek() == b")":
            raise self.fail(f"no command stands before {self.peek().decode()!r}")
        if self.peek() == b"(":
            if self.peek(2) == b"((":
                raise self.fail("(( is not understood")
            self.at += 1
            self.commands_until(frozenset((")",)), (*nesting, "subshell"))
            return not self.redirections()
        word = self.bare_word()
        if word in _RESERVED and not (word in _NOT_IN_SH and not self.bash):
            return self.compound(word, nesting, before)
        return self.simple(nesting, before)

    def compound(self, word: str, nesting: tuple[str, ...], before: str) -> bool:
        self.at += len(word)
        if word == "!":
            self.skip(newlines=False)
            if before.startswith("|") and before != "||":
                raise self.fail("! inside a pipeline")
            if self.bare_word() == "!":
                raise self.fail("! twice")
            return self.command(nesting, before)
        if word == "{":
            self.commands_until(frozenset(("}",)), (*nesting, "group"))
        elif word == "if":
            self.commands_until(frozenset(("then",)), (*nesting, "if"))
            while (closer := self.commands_until(frozenset(("elif", "else", "fi")), (*nesting, "if"))) != "fi":
                if closer == "elif":
                    self.commands_until(frozenset(("then",)), (*nesting, "if"))
        elif word in ("while", "until"):
            self.commands_until(frozenset(("do",)), (*nesting, "loop"))
            self.commands_until(frozenset(("done",)), (*nesting, "loop"))
        elif word == "for":
            self.for_head()
            self.expect("do")
            self.commands_until(frozenset(("done",)), (*nesting, "loop"))
        elif word == "case":
            self.case(nesting)
        else:
            raise self.fail(f"{word} is not understood here")
        return not self.redirections()

    def for_head(self) -> None:
        self.skip(newlines=False)
        if _ASSIGNMENT.fullmatch(self.bare_word().encode() + b"=") is None:
            raise self.fail("for without a name")
        self.word(())
        self.skip(newlines=True)
        if self.bare_word() == "in":
            self.at += 2
            self.skip(newlines=False)
            while self.at < len(self.text) and self.peek() not in (b";", b"\n"):
                self.word(())
                self.skip(newlines=False)
        if self.peek() == b";":
            self.at += 1

    def case(self, nesting: tuple[str, ...]) -> None:
        self.skip(newlines=False)
        self.word(nesting)
        self.expect("in")
        while True:
            self.skip(newlines=True)
            if self.bare_word() == "esac":
                self.at += 4
                return
            if self.peek() == b"(":
                self.at += 1
            while True:
                self.skip(newlines=False)
                self.word(nesting)
                self.skip(newlines=False)
                mark, self.at = self.peek(), self.at + 1
                if mark == b")":
                    break
                if mark != b"|":
                    raise self.fail("a pattern of case without )")
            if self.commands_until(frozenset((";;", "esac")), (*nesting, "case")) == "esac":
                return

    def redirections(self) -> tuple[Redirection, ...]:
        found: list[Redirection] = []
        self.skip(newlines=False)
        while (item := self.redirection()) is not None:
            found.append(item)
            self.skip(newlines=False)
        return tuple(found)

    def redirection(self) -> Redirection | None:
        match = _REDIRECTION.match(self.text, self.at)
        if match is None:
            return None
        operator = match[0].decode()
        if operator.endswith("<<") and not operator.endswith("<<<"):
            raise self.fail("a here-document")
        if not self.bash and (operator.endswith("<<<") or operator.startswith("&")):
            raise self.fail(f"{operator} is no redirection of sh")
        if operator[-1] in "<>" and self.text[match.end() : match.end() + 1] == b"(":
            raise self.fail("a process substitution")
        self.at = match.end()
        self.skip(newlines=False)
        if _REDIRECTION.match(self.text, self.at):
            raise self.fail(f"nothing follows {operator}")
        return Redirection(operator, self.word(()))

    def simple(self, nesting: tuple[str, ...], before: str) -> bool:
        start = self.at
        assignments: list[Word] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        end = start
        while True:
            if (redirection := self.redirection()) is not None:
                redirections.append(redirection)
            elif self.at < len(self.text) and self.text[self.at] not in _BREAKS:
                assignment = not words and _ASSIGNMENT.match(self.text, self.at)
                (assignments if assignment else words).append(self.word(nesting))
            elif self.peek() == b"(" and not redirections:
                return self.function(words, assignments, nesting)
            else:
                break
            end = self.at
            self.skip(newlines=False)
        if end == start or self.peek() == b"(":
            raise self.fail("( where none is allowed" if self.peek() == b"(" else "no command stands here")
        span = self.script.range(start, end)
        self.commands.append(Command(tuple(assignments), tuple(words), tuple(redirections), *span, before, "", nesting))
        return False

    def function(self, words: list[Word], assignments: list[Word], nesting: tuple[str, ...]) -> bool:
        self.at += 1
        self.skip(newlines=False)
        named = len(words) == 1 and not assignments and _ASSIGNMENT.fullmatch(words[0].raw.encode() + b"=")
        if not named or self.peek() != b")":
            raise self.fail("( where none is allowed")
        self.at += 1
        self.skip(newlines=True)
        return self.command((*nesting, "function"), "")

    def word(self, nesting: tuple[str, ...]) -> Word:
        start = self.at
        value: list[bytes] | None = []
        while self.at < len(self.text) and self.text[self.at] not in _BREAKS:
            part = self.word_part(nesting)
            value = None if part is None or value is None else [*value, part]
        if start == self.at:
            raise self.fail("a word is missing")
        raw = self.text[start : self.at].decode("utf-8", "replace")
        said = b"".join(value).decode("utf-8", "replace") if value is not None else None
        return Word(raw, said, *self.script.range(start, self.at))

    def word_part(self, nesting: tuple[str, ...]) -> bytes | None:
        """The next piece of a word, without its quotes; None for an expansion."""
        mark = self.peek()
        if mark == b"'":
            return self.until(b"'")
        if mark == b'"':
            return self.double_quoted(nesting)
        if mark == b"\\":
            self.at += 2
            if self.at > len(self.text):
                raise self.fail("a backslash at the end")
            return self.text[self.at - 1 : self.at].replace(b"\n", b"")
        if mark in (b"$", b"`"):
            return self.expansion(nesting, quoted=False)
        if mark == b"\r":
            raise self.fail("a carriage return")
        self.at += 1
        return mark

    def until(self, mark: bytes) -> bytes:
        end = self.text.find(mark, self.at + 1)
        if end < 0:
            raise self.fail(f"{mark.decode()} is never closed")
        inside = self.text[self.at + 1 : end]
        self.at = end + 1
        return inside

    def double_quoted(self, nesting: tuple[str, ...]) -> bytes | None:
        self.at += 1
        value: list[bytes] | None = []
        while self.peek() != b'"':
            if self.at >= len(self.text):
                raise self.fail('" is never closed')
            mark = self.peek()
            if mark in (b"$", b"`"):
                part = self.expansion(nesting, quoted=True)
            elif mark == b"\\" and self.text[self.at + 1 : self.at + 2] in (b"$", b"`", b'"', b"\\", b"\n"):
                part = self.text[self.at + 1 : self.at + 2].replace(b"\n", b"")
                self.at += 2
            else:
                part = mark
                self.at += 1
            value = None if part is None or value is None else [*value, part]
        self.at += 1
        return b"".join(value) if value is not None else None

    def expansion(self, nesting: tuple[str, ...], *, quoted: bool) -> bytes | None:
        """`$name`, `${..}`, `$(..)`, `$((..))` or backticks; a lone `$` is itself."""
        if self.peek() == b"`":
            self.backticks()
        elif self.peek(3) == b"$((":
            self.arithmetic()
        elif self.peek(2) == b"$(":
            self.at += 2
            self.commands_until(frozenset((")",)), (*nesting, "substitution"))
        elif self.peek(2) == b"${":
            self.braces(nesting)
        elif self.bash and not quoted and self.peek(2) in (b"$'", b'$"'):
            raise self.fail("$ before a quote")
        elif (match := _NAME.match(self.text, self.at + 1)) is not None:
            self.at = match.end()
        else:
            self.at += 1
            return b"$"
        return None

    def backticks(self) -> None:
        match = _BACKTICKS.match(self.text, self.at)
        if match is None:
            raise self.fail("a backtick is never closed")
        self.at = match.end()

    def arithmetic(self) -> None:
        match = _ARITHMETIC.match(self.text, self.at)
        if match is None:
            raise self.fail("an arithmetic expansion")
        self.at = match.end()

    def braces(self, nesting: tuple[str, ...]) -> None:
        self.at += 2
        while self.peek() != b"}":
            if self.at >= len(self.text):
                raise self.fail("${ is never closed")
            if self.peek() in _BRACE_BREAKS:
                self.at += 1
            else:
                self.word_part(nesting)
        self.at += 1
