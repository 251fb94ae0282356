"""For programs. The schema is documented in docs/json.md; a field is never removed or changed within `version`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

from autofix.run.result import FileChange, PartOf, Reported, Result, Verification
from autofix.text.diff import render
from autofix.version import VERSION

SCHEMA_VERSION = 1


def document(result: Result, *, written: bool) -> str:
    """The whole run as one JSON document."""
    run = {
        "version": SCHEMA_VERSION,
        "autofix": VERSION,
        "root": os.fspath(result.root),
        "applied": written,
        "fixers": list(result.fixers),
        "files": result.files,
        "changes": [_change(change) for change in result.changes],
        "findings": [_finding(item) for item in result.findings],
        "failures": [
            {"path": item.path or None, "fixer": item.fixer or None, "reason": item.reason} for item in result.failures
        ],
        "skipped": [{"path": item.path, "reason": item.reason} for item in result.skipped],
        "notices": [{"path": item.path, "line": item.line, "message": item.message} for item in result.notices],
        "parts": [_part(part, result) for part in result.parts],
        "verification": _verification(result.verification) if result.verification is not None else None,
    }
    return json.dumps(_sendable(run), indent=2, ensure_ascii=False)


def _part(of: PartOf, result: Result) -> dict[str, Any]:
    return {
        "fixer": of.fixer,
        "status": result.became(of).value,
        "files": list(of.part.files),
        "counts": dict(of.part.counts),
        "bridged": [{"path": place.path, "line": place.line, "reason": place.reason} for place in of.part.bridged],
        "blockers": [{**asdict(place), "hint": place.hint or None} for place in of.part.blockers],
    }


def _verification(verification: Verification) -> dict[str, Any]:
    return {
        "command": verification.command,
        "problem": verification.problem or None,
        "before": verification.before._asdict() if verification.before is not None else None,
        "after": verification.after._asdict() if verification.after is not None else None,
        "lost": [lost._asdict() for lost in verification.lost],
        "output": list(verification.output),
        "left_out": list(verification.left_out),
    }


def _finding(item: Reported) -> dict[str, Any]:
    return {
        "fixer": item.fixer,
        "path": item.path,
        "range": {
            "start": {"line": item.start.line, "column": item.start.column},
            "end": {"line": item.end.line, "column": item.end.column},
        },
        "message": item.message,
        "evidence": list(item.evidence),
        "status": item.status.value,
        "title": item.title or None,
        "applicability": item.applicability.value if item.applicability else None,
        "reason": item.reason or None,
        "hint": item.hint or None,
    }


def _change(change: FileChange) -> dict[str, Any]:
    kind = "created" if change.old is None else "deleted" if change.new is None else "modified"
    return {
        "path": change.path,
        "old_path": change.old_path,
        "kind": "renamed" if kind == "modified" and change.old_path != change.path else kind,
        "diff": render(change.diff()).decode("utf-8", "replace"),
    }


def _sendable(value: Any) -> Any:
    """The same with text that JSON can carry: paths, alone or in a message, may hold bytes outside of UTF-8."""
    if isinstance(value, dict):
        return {key: _sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
