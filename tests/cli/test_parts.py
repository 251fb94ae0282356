"""The account of a migration: what was converted, bridged and refused, and an exit code for each."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from repositories import make_repository, read_tree, write_tree

from .conftest import Autofix

WHOLE = {"app/a.cfg": "whole\n", "app/b.cfg": "whole\n"}
STUCK = {"jobs/c.cfg": "whole\n", "jobs/d.cfg": "stuck\n"}


class TestExitCodes:
    @pytest.mark.parametrize(
        ("files", "dry", "applied"),
        [
            ({"a.cfg": "fine\n"}, 0, 0),
            (WHOLE, 1, 0),
            (STUCK, 4, 4),
            ({**WHOLE, **STUCK}, 4, 4),
            ({**WHOLE, "z.cfg": "poison\n"}, 1, 0),
        ],
    )
    def test_of_a_migration(self, autofix: Autofix, tmp_path, files, dry, applied):
        root = make_repository(tmp_path / "project", files)
        assert autofix("migrate", "wholes", "--dry-run", "--exit-zero", root).returncode == 0
        assert autofix("migrate", "wholes", "--dry-run", root).returncode == dry
        assert autofix("migrate", "wholes", root).returncode == applied
        changed = {path for path, data in read_tree(root).items() if data != files[path].encode()}
        assert changed == (WHOLE.keys() if "app/a.cfg" in files else set())

    def test_a_run_that_is_no_migration_may_leave_things(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", STUCK)
        assert autofix("--select", "wholes", "--unsafe", "--dry-run", root).returncode == 0

    def test_a_failure_comes_first(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", {**STUCK, "x.cfg": "whole\0\n"})
        assert autofix("migrate", "wholes", root).returncode == 3


class TestText:
    def said(self, autofix: Autofix, root: Path, *arguments: str) -> str:
        done = autofix("migrate", "wholes", "--output-format", "text", *arguments, root)
        return done.stdout.decode().partition("wholes: what changes")[2]

    def test_planned(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", {**WHOLE, **STUCK})
        assert self.said(autofix, root, "--dry-run") == (
            " whole or not at all\n"
            "  can be converted: app/: 2 files, 2 words, 1 bridged\n"
            "    bridged app/a.cfg:1 there is no other way\n"
            "  refused: jobs/: 2 files, 2 words\n"
            "    1. jobs/d.cfg:1 it is stuck (2 functions with it)\n"
            "       you could: pull\n"
            "would fix 1 problem in 2 files, 1 left to you\n"
        )

    def test_done(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", WHOLE)
        assert "  converted: app/: 2 files" in self.said(autofix, root)

    def test_not_written(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", WHOLE)
        write_tree(root, {"app/b.cfg": "whole thing\n"})
        assert "  not converted: taken back: app/: 2 files" in self.said(autofix, root)
        assert "  not converted: taken back: app/: 2 files" in self.said(autofix, root, "--allow-dirty", "--verify", "false")

    def test_not_asked_for(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", WHOLE)
        done = autofix("--select", "wholes", "--dry-run", "--output-format", "text", root)
        assert b"  can be converted with --unsafe: app/: 2 files" in done.stdout

    def test_many_places_are_counted(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", {f"jobs/{number:02}.cfg": "stuck\n" for number in range(12)})
        said = self.said(autofix, root, "--dry-run")
        assert "    12 blockers, in the order in which to solve them:\n    1. jobs/00.cfg:1" in said
        assert "    10. jobs/09.cfg:1" in said
        assert "    ... and 2 more (-v lists them)\n" in said
        assert "    12. jobs/11.cfg:1" in self.said(autofix, root, "--dry-run", "-v")

    def test_of_other_files_than_those_asked_for_is_not_told(self, autofix: Autofix, tmp_path):
        root = make_repository(tmp_path / "project", {**WHOLE, **STUCK})
        done = autofix("migrate", "wholes", "--dry-run", "--output-format", "text", "app", cwd=root)
        assert done.returncode == 1
        assert b"jobs" not in done.stdout


def test_json(autofix: Autofix, tmp_path, schema):
    root = make_repository(tmp_path / "project", {**WHOLE, **STUCK})
    report = json.loads(autofix("migrate", "wholes", "--output-format", "json", root).stdout)
    jsonschema.validate(report, schema)
    place = {"line": 1, "reason": "there is no other way"}
    assert report["parts"] == [
        {
            "fixer": "wholes",
            "status": "fixed",
            "files": ["app/a.cfg", "app/b.cfg"],
            "counts": {"words": 2},
            "bridged": [{"path": "app/a.cfg", **place}],
            "blockers": [],
        },
        {
            "fixer": "wholes",
            "status": "refused",
            "files": ["jobs/c.cfg", "jobs/d.cfg"],
            "counts": {"words": 2},
            "bridged": [{"path": "jobs/c.cfg", **place}],
            "blockers": [{"path": "jobs/d.cfg", "line": 1, "reason": "it is stuck", "hint": "pull", "waiting": 2}],
        },
    ]
