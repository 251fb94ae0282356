"""What is collected while one import statement is judged, and the finding that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autofix.fixer import Applicability, Finding, Fix, Refusal
from autofix.fixers.python.moved_imports.moves import Proof, Target
from autofix.text.edit import Edit


@dataclass
class Plan:
    """The edits for one statement, or the reasons against them."""

    start: int
    end: int
    old: str
    edits: list[Edit] = field(default_factory=list)
    elsewhere: dict[str, list[Edit]] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    unsafe: bool = False

    def believe(self, target: Target) -> None:
        """Note where something went and why."""
        for known, new in ((self.proofs, target.proof), (self.targets, target.module)):
            if new not in known:
                known.append(new)  # type: ignore[arg-type]

    def refuse(self, reason: str, hint: str = "") -> None:
        """Note why the statement has to stay."""
        self.refusals.append(Refusal(reason, hint))

    def follow(self, elsewhere: dict[str, Sequence[Edit]]) -> None:
        """Add edits of other files."""
        for path, edits in elsewhere.items():
            self.elsewhere.setdefault(path, []).extend(edits)

    def finding(self) -> Finding:
        """The outcome: one refusal keeps the whole statement."""
        if self.refusals:
            reasons = dict.fromkeys(refusal.reason for refusal in self.refusals)
            hint = next((refusal.hint for refusal in self.refusals if refusal.hint), "")
            return Finding(self.start, self.end, f"{self.old} has moved", Refusal("; ".join(reasons), hint))
        unsafe = self.unsafe or any(proof.applicability is not Applicability.SAFE for proof in self.proofs)
        message = f"{self.old} is now in {' and '.join(self.targets)} ({'; '.join(proof.text for proof in self.proofs)})"
        applicability = Applicability.UNSAFE if unsafe else Applicability.SAFE
        elsewhere = {path: tuple(edits) for path, edits in self.elsewhere.items()}
        return Finding(
            self.start, self.end, message, Fix(tuple(self.edits), applicability, "Update the import path", elsewhere)
        )
