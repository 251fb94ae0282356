"""One broken fixer, file or worker costs only itself, and is named."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import toy_fixers as toys
from autofix.run import making, rounds
from autofix.run.result import Status
from repositories import write_tree
from runs import execute, failures, run, statuses, texts

TREE = {"bad.cfg": "poison é old\n", "good.cfg": "old\n", "other.cfg": "nothing here\n"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path, TREE)


@pytest.mark.parametrize(("fixer", "reason"), toys.BROKEN, ids=lambda value: getattr(value, "id", ""))
def test_costs_one_file_and_one_fixer(root, fixer, reason):
    result = execute(root, fixer, toys.Replace)
    assert failures(result) == [("bad.cfg", fixer.id)]
    assert reason in result.failures[0].reason
    assert "\n" not in result.failures[0].reason
    assert texts(result) == {"bad.cfg": "poison é new\n".encode(), "good.cfg": b"new\n"}
    assert {item.fixer for item in result.findings} == {"replace"}


@pytest.mark.parametrize("fixer", [toys.Raises, toys.ExitsHard, toys.SaysWhatCannotBeSent], ids=lambda fixer: fixer.id)
def test_spawned_workers_too(root, fixer):
    result = run(root, fixer, toys.Replace, start_method="spawn")
    assert failures(result) == [("bad.cfg", fixer.id)]
    assert texts(result) == {"bad.cfg": "poison é new\n".encode(), "good.cfg": b"new\n"}


@pytest.mark.parametrize(("fixer", "reason"), toys.UNUSABLE, ids=lambda value: getattr(value, "id", ""))
def test_a_fixer_that_cannot_be_asked_is_left_out(root, fixer, reason):
    result = execute(root, fixer, toys.Replace)
    assert failures(result) == [("", fixer.id)]
    assert reason in result.failures[0].reason
    assert texts(result).keys() == {"bad.cfg", "good.cfg"}


def test_time_limit(root):
    started = time.monotonic()
    result = run(root, toys.Loops, toys.Replace, seconds=0.3)
    assert time.monotonic() - started < 3
    assert failures(result) == [("bad.cfg", "loops")]
    assert "took longer than 0.3 seconds" in result.failures[0].reason
    assert texts(result) == {"bad.cfg": "poison é new\n".encode(), "good.cfg": b"new\n"}


def test_one_that_dies_of_its_own_result_has_made_it(root):
    class Dies(toys.Replace):
        id = "dies"
        new = "old!"

        def fix(self, source, project):
            if b"!" in source.text:
                os._exit(9)
            return super().fix(source, project)

    result = execute(root, Dies)
    assert failures(result) == [("bad.cfg", "dies"), ("good.cfg", "dies")]
    assert "exit code 9" in result.failures[0].reason
    assert texts(result) == {"bad.cfg": "poison é old!\n".encode(), "good.cfg": b"old!\n"}


def test_all_at_once(root):
    result = execute(root, *(fixer for fixer, _ in toys.BROKEN), toys.Replace)
    assert failures(result) == sorted(("bad.cfg", fixer.id) for fixer, _ in toys.BROKEN)
    assert texts(result) == {"bad.cfg": "poison é new\n".encode(), "good.cfg": b"new\n"}


def test_a_broken_fixer_still_fixes_other_files(tmp_path):
    class_of_both = type("Sometimes", (toys.Replace,), {"id": "sometimes", "outcome": _sometimes})
    write_tree(tmp_path, {"bad.cfg": "old poison\n", "good.cfg": "old\n"})
    result = execute(tmp_path, class_of_both)
    assert failures(result) == [("bad.cfg", "sometimes")]
    assert texts(result) == {"good.cfg": b"new\n"}


def _sometimes(self, start, end, source, project):
    if b"poison" in source.text:
        raise LookupError
    return toys.Replace.outcome(self, start, end, source, project)


@pytest.mark.parametrize("fixer", [toys.LinkRaises, toys.LinkKilled], ids=lambda fixer: fixer.id)
def test_a_fixer_that_cannot_link_is_left_out(tmp_path, fixer):
    write_tree(tmp_path, {"a.cfg": "define x\nuse x\nold\n"})
    result = execute(tmp_path, fixer, toys.Replace)
    assert failures(result) == [("", fixer.id)]
    assert texts(result) == {"a.cfg": b"define x\nuse x\nnew\n"}


def test_a_file_that_cannot_be_summarized(tmp_path):
    write_tree(tmp_path, {"bad.cfg": "poison old\n", "good.cfg": "define x\nuse x\n"})
    result = execute(tmp_path, toys.SummaryRaises, toys.Replace)
    assert [failure.path for failure in result.failures] == ["bad.cfg"]
    assert "cannot be summarized: LookupError: no summary" in result.failures[0].reason
    assert texts(result)["good.cfg"] == b"define x\nused x\n"


class TestResultsThatDoNotParse:
    def test_are_taken_back_and_named(self, tmp_path):
        tree = {"a.yaml": "key: break-me\nother: old\n", "b.yaml": "key: old\n"}
        result = execute(write_tree(tmp_path, tree), toys.Breaks, toys.Replace)
        assert texts(result) == {"a.yaml": b"key: break-me\nother: new\n", "b.yaml": b"key: new\n"}
        dropped = [item for item in result.findings if item.status is Status.DROPPED]
        assert [(item.fixer, item.path) for item in dropped] == [("breaks", "a.yaml")]
        assert "would not parse: a.yaml" in dropped[0].reason

    def test_cost_the_one_fix(self, tmp_path):
        text = "".join(f"- yes{'!' if number in (3, 7) else ''}\n" for number in range(10))
        result = execute(write_tree(tmp_path, {"a.yaml": text}), toys.BreaksSometimes)
        assert texts(result) == {"a.yaml": text.replace("yes\n", "no\n").encode()}
        dropped = [item.start.line for item in result.findings if item.status is Status.DROPPED]
        assert dropped == [4, 8]

    def test_are_not_searched_for_ever(self, tmp_path, monkeypatch):
        monkeypatch.setattr(making, "GUILT_CHECKS", 10)
        text = "- yes!\n- yes\n" * 50
        result = execute(write_tree(tmp_path, {"a.yaml": text, "b.yaml": "- yes\n"}), toys.BreaksSometimes)
        assert texts(result) == {"b.yaml": b"- no\n"}
        assert [item.status for item in result.findings].count(Status.DROPPED) == 100

    def test_cost_all_that_only_break_together(self, tmp_path):
        tree = {"a.py": "def f(one, two): ...\n", "b.py": "def f(one): ...\n"}
        result = execute(write_tree(tmp_path, tree), toys.BreaksTogether)
        assert texts(result) == {"b.py": b"def f(same): ...\n"}
        assert [item.status for item in result.findings if item.path == "a.py"] == [Status.DROPPED] * 2

    def test_of_several_files_are_taken_back_in_all(self, tmp_path):
        tree = {"a.yaml": "# also=b.yaml\nvalue: old\n", "b.yaml": "value: old\n", "c.yaml": "value: old\n"}
        result = execute(write_tree(tmp_path, tree), toys.BothBroken)
        assert not result.changes
        assert [(item.fixer, item.status) for item in result.findings] == [("both-broken", Status.DROPPED)]
        assert "b.yaml" in result.findings[0].reason

    def test_of_several_files_are_made_in_all(self, tmp_path):
        tree = {"a.yaml": "# also=b.yaml\nvalue: old\n", "b.yaml": "value: old\n"}
        result = execute(write_tree(tmp_path, tree), toys.Both)
        assert texts(result) == {"a.yaml": b"# also=b.yaml\nvalue: new\n", "b.yaml": b"value: new\n"}
        assert {change.group for change in result.changes} == {result.changes[0].group}


class TestFixersThatDoNotComeToRest:
    def test_ping_pong_keeps_the_original_bytes(self, tmp_path):
        result = execute(write_tree(tmp_path, {"a.cfg": "ping old\n", "b.cfg": "old\n"}), toys.Ping, toys.Pong, toys.Replace)
        assert texts(result) == {"b.cfg": b"new\n"}
        (failure,) = result.failures
        assert (failure.path, failure.fixer) == ("a.cfg", "ping, pong, replace")
        assert failure.reason == "left as it was: changed back and forth"

    def test_growing_keeps_the_original_bytes(self, tmp_path, monkeypatch):
        monkeypatch.setattr(rounds, "ROUND_LIMIT", 12)
        result = execute(write_tree(tmp_path, {"a.cfg": "grow\n", "b.cfg": "old\n"}), toys.Grows, toys.Replace)
        assert texts(result) == {"b.cfg": b"new\n"}
        assert failures(result) == [("a.cfg", "grows")]
        assert result.failures[0].reason == "left as it was: still changing after 12 rounds"

    def test_findings_keep_their_places(self, tmp_path):
        tree = {"a.cfg": "head\nrisky\nping\n"}
        result = execute(write_tree(tmp_path, tree), toys.Ping, toys.Pong, toys.Heads, toys.Unsafe)
        assert not result.changes
        assert [(item.fixer, item.start.line) for item in result.findings] == [("heads", 1), ("unsafe", 2), ("ping", 3)]

    def test_what_was_made_for_their_sake_is_not_made(self, tmp_path):
        tree = {"a.cfg": "DEFINE x\ncount 0\n", "b.cfg": "use x\nold\n"}
        result = execute(write_tree(tmp_path, tree), toys.Defines, toys.Counts, toys.Uses, toys.Replace)
        assert texts(result) == {"b.cfg": b"use x\nnew\n"}
        assert failures(result) == [("a.cfg", "counts, defines")]

    def test_of_what_was_changed_together_nothing_is_made(self, tmp_path):
        tree = {"a.cfg": "also=b.cfg\nvalue: old\nping\n", "b.cfg": "value: old\nrisky\n"}
        result = execute(write_tree(tmp_path, tree), toys.Both, toys.Ping, toys.Pong, toys.Unsafe, unsafe=True)
        assert texts(result) == {"b.cfg": b"value: old\nRISKY\n"}
        assert failures(result) == [("a.cfg", "both, ping, pong")]
        assert ("both", Status.DROPPED) in statuses(result)
