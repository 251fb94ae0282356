"""A web application of any size that keeps its data with SQLAlchemy, made up by rules: the same lines on every machine.

It has the layers that such applications have: models, schemas, functions or repositories that query, services, endpoints and
tests; and, as most of them do, at least as much code that never sees a session.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

from parts import CORE, CRUD, ENDPOINTS, HEADS, MODELS, PLAIN, REPOSITORY, SCHEMAS, SERVICES, TESTS

_AREAS = ("retail", "supply", "billing", "fleet", "field", "people", "media", "energy")
_NOUNS = (
    *("invoice", "parcel", "contract", "depot", "ticket", "vehicle", "meter", "catalogue", "voucher", "inspection"),
    *("supplier", "campaign", "subscription", "warranty", "shift", "route", "appointment", "licence", "quotation", "sensor"),
    *("claim", "batch", "lease", "survey", "permit", "rental", "dispatch", "tariff", "payout", "audit"),
)
_NUMBERS = ("amount", "weight", "priority", "quantity", "score", "duration", "balance", "rating")
_TEXTS = ("title", "reference", "region", "status", "channel", "currency", "category", "carrier")


def build(folder: Path, lines: int, share: float = 1.0) -> Path:
    """An application of at least so many lines in a folder, a git repository with everything added; kept where it exists.

    `share` is the part of its packages that use the database.
    """
    if not (folder / ".git").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in files(lines, share):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        subprocess.run(["git", "init", "--quiet", "--template=", str(folder)], check=True)
        subprocess.run(["git", "-C", str(folder), "add", "--all", "--force"], check=True)
    return folder


def files(lines: int, share: float) -> Iterator[tuple[str, str]]:
    """The files, by path."""
    dice = random.Random(20_25)  # noqa: S311 - nothing secret about it
    routers: list[str] = []
    others: list[str] = []
    written, number, used = 0, 0, 0.0
    for path, text in CORE.items():
        written += text.count("\n")
        yield path, text
    while written < lines:
        package = _Package(number, dice)
        uses_database = used + share >= 1.0
        used += share - uses_database
        made = package.with_database() if uses_database else package.without_database()
        (routers if uses_database else others).append(package.module)
        for path, text in made:
            written += text.count("\n")
            yield path, text
        number += 1
    yield "app/main.py", _main(routers, others)


def _main(routers: list[str], others: list[str]) -> str:
    imports = "".join(f"from {module}.endpoints import router as router_{index}\n" for index, module in enumerate(routers))
    imports += "".join(f"from {module} import rules as rules_{index}\n" for index, module in enumerate(others))
    included = "".join(f"app.include_router(router_{index})\n" for index in range(len(routers)))
    rules = ", ".join(f"rules_{index}" for index in range(len(others)))
    return f"from fastapi import FastAPI\n\n{imports}\nRULES = [{rules}]\napp = FastAPI(title='Office')\n{included}"


class _Package:
    def __init__(self, number: int, dice: random.Random) -> None:
        area, noun = _AREAS[number // len(_NOUNS) % len(_AREAS)], _NOUNS[number % len(_NOUNS)]
        again = number // (len(_NOUNS) * len(_AREAS))
        name = f"{area}_{noun}{again or ''}"
        self.module = f"app.{area}.{noun}{again or ''}"
        self._dice = dice
        self._folder = self.module.replace(".", "/")
        self._is_repository = number % 3 == 2
        self._words = {
            "module": self.module,
            "name": name,
            "names": f"{name}_rows",
            "Model": "".join(word.capitalize() for word in name.split("_")),
        }

    def with_database(self) -> Iterator[tuple[str, str]]:
        """All layers."""
        crud = {"repository": REPOSITORY} if self._is_repository else {"crud": CRUD}
        kind, parts = next(iter(crud.items()))
        yield f"{self._folder}/__init__.py", ""
        yield f"{self._folder}/models.py", self._file("models", MODELS, 1)
        yield f"{self._folder}/schemas.py", self._file("schemas", SCHEMAS, 1)
        yield f"{self._folder}/{kind}.py", self._file(kind, parts, 1)
        yield f"{self._folder}/services.py", self._file(f"services_{kind}", SERVICES[kind], 1)
        yield f"{self._folder}/endpoints.py", self._file(f"endpoints_{kind}", ENDPOINTS[kind], 1)
        yield f"{self._folder}/rules.py", self._file("plain", PLAIN, 2)
        yield f"{self._folder}/exports.py", self._file("plain", PLAIN, 1)
        yield f"tests/test_{self._words['name']}.py", self._file(f"tests_{kind}", TESTS[kind], 1)

    def without_database(self) -> Iterator[tuple[str, str]]:
        """As many lines of other code."""
        yield f"{self._folder}/__init__.py", ""
        for name in ("rules", "exports", "planning", "pricing", "matching"):
            yield f"{self._folder}/{name}.py", self._file("plain", PLAIN, 2)

    def _file(self, head: str, parts: tuple[str, ...], rounds: int) -> str:
        chosen = [HEADS[head]]
        for number in range(rounds):
            drawn = self._dice.sample(parts, len(parts))
            chosen += [Template(part).safe_substitute(self._drawn(), number=number) for part in drawn]
        return Template("\n\n".join(text.strip("\n") + "\n" for text in chosen)).substitute(self._words)

    def _drawn(self) -> Mapping[str, str]:
        """The columns that one piece of code is about, and its figures."""
        numbers, texts = self._dice.sample(_NUMBERS, 2), self._dice.sample(_TEXTS, 2)
        figure = self._dice.randrange(2, 400)
        return {"n": numbers[0], "n2": numbers[1], "t": texts[0], "t2": texts[1], "figure": str(figure)}
