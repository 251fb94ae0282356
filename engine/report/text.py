"""For people: findings by file, what was refused and why, and a line that sums up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from autofix.report import account
from autofix.report.words import Style, count, plain
from autofix.run.result import Reported, Result, Status, Trial, Verification

_STYLES = {
    Status.FIXED: "green",
    Status.UNSAFE: "yellow",
    Status.SUGGESTED: "cyan",
    Status.REFUSED: "magenta",
    Status.DROPPED: "red",
}
# Findings that say the same, word for word, are listed so often and then counted.
ALIKE = 3

_WORDS = {Status.UNSAFE: "unsafe fix", Status.SUGGESTED: "suggestion", Status.REFUSED: "refused", Status.DROPPED: "dropped"}


def lines(result: Result, *, written: bool, verbose: bool, style: Style) -> Iterator[str]:
    """The report line by line; `written` tells whether the fixes are on disk or only planned."""
    shown = [item for item in result.findings if verbose or item.status is not Status.SUGGESTED]
    alike: Counter[tuple[str, ...]] = Counter()
    for path, items in groupby(shown, key=lambda item: item.path):
        told = [item for item in items if verbose or _is_news(item, alike)]
        if told:
            yield style("bold", plain(path))
        for item in told:
            yield from _finding(item, written, style)
    for (fixer, message, *_), number in alike.items():
        if number > ALIKE:
            yield f"... and {number - ALIKE} more of {style('bold', fixer)}: {message} (-v lists them)"
    if result.parts:
        yield from account.lines(result, written=written, verbose=verbose, style=style)
    yield from _side(result, verbose, style)
    yield summary(result, written=written, style=style)


def _is_news(item: Reported, alike: Counter[tuple[str, ...]]) -> bool:
    """Whether fewer than `ALIKE` findings said the same before."""
    key = (item.fixer, item.message, item.status.value, item.reason, item.hint)
    alike[key] += 1
    return alike[key] <= ALIKE


def _finding(item: Reported, written: bool, style: Style) -> Iterator[str]:
    word = _WORDS.get(item.status) or ("fixed" if written else "can be fixed")
    place = f"{item.start.line}:{item.start.column}"
    yield f"  {style('dim', place)} {style(_STYLES[item.status], word)} {style('bold', item.fixer)}: {plain(item.message)}"
    for evidence in item.evidence:
        yield style("dim", f"      evidence: {plain(evidence)}")
    if item.reason and item.reason != item.message:
        yield f"      because: {plain(item.reason)}"
    if item.hint:
        yield f"      you could: {plain(item.hint)}"


def failed(result: Result, style: Style) -> Iterator[str]:
    """Only what went wrong."""
    for failure in result.failures:
        of = f" [{failure.fixer}]" if failure.fixer else ""
        yield f"{style('red', 'failed')} {plain(failure.path) or 'run'}{of}: {plain(failure.reason)}"
    if result.verification is not None and result.verification.problem:
        yield from _problem(result.verification, style)


def _problem(verification: Verification, style: Style) -> Iterator[str]:
    """All tests that were lost, and how the command ended."""
    for lost in verification.lost:
        yield f"  {style('red', lost.became)} {plain(lost.test)}"
    if verification.output:
        yield f"  {style('dim', f'the end of what `{plain(verification.command)}` said:')}"
    for line in verification.output:
        yield style("dim", f"    {plain(line)}".rstrip())


def _verified(verification: Verification, style: Style) -> Iterator[str]:
    for path in verification.left_out:
        yield f"{style('yellow', 'notice')} not in the copy that is verified: {plain(path)}"
    if not verification.problem and verification.before is not None and verification.after is not None:
        runs = f"{_trial(verification.before)} before, {_trial(verification.after)} after"
        yield f"{style('green', 'verified')} by `{plain(verification.command)}`: {runs}"


def _trial(trial: Trial) -> str:
    code = f"exit code {trial.exit_code}"
    return code if trial.passed is None else f"{code} with {count(trial.passed, 'test')} passed"


def _side(result: Result, verbose: bool, style: Style) -> Iterator[str]:
    yield from failed(result, style)
    if result.verification is not None:
        yield from _verified(result.verification, style)
    if verbose:
        for skipped in result.skipped:
            yield f"{style('dim', 'left alone')} {plain(skipped.path)}: {skipped.reason}"
    for notice in result.notices:
        yield f"{style('yellow', 'notice')} {plain(notice.path)}:{notice.line}: {plain(notice.message)}"


def summary(result: Result, *, written: bool, style: Style) -> str:
    """One line: how many problems were fixed, and what is left."""
    counts = Counter(item.status for item in result.findings)
    fixed = counts[Status.FIXED]
    parts = []
    if fixed:
        done = f"{'fixed' if written else 'would fix'} {count(fixed, 'problem')} in {count(len(result.changes), 'file')}"
        parts.append(style("green", done))
    parts += _left_over(counts, result)
    return ", ".join(parts) if parts else f"nothing to fix in {count(result.files, 'file')}"


def _left_over(counts: Counter[Status], result: Result) -> Iterable[str]:
    if counts[Status.UNSAFE]:
        yield f"{count(counts[Status.UNSAFE], 'more')} with --unsafe"
    if counts[Status.SUGGESTED]:
        yield count(counts[Status.SUGGESTED], "suggestion")
    if counts[Status.REFUSED]:
        yield f"{counts[Status.REFUSED]} left to you"
    if counts[Status.DROPPED]:
        yield f"{counts[Status.DROPPED]} dropped"
    if result.failures:
        yield count(len(result.failures), "failure")
    if result.skipped:
        yield f"{count(len(result.skipped), 'file')} left alone"
