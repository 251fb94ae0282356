"""Requirements in TOML: `pyproject.toml` (PEP 621, dependency groups, Poetry, PDM, uv) and `Pipfile`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autofix.fixers.sqlalchemy.dependencies.groups import CannotChange, Entry, Group
from autofix.fixers.sqlalchemy.dependencies.requirements import normalised, requirement
from autofix.languages import toml
from autofix.text.edit import Edit, insert, replace
from autofix.text.source import Source

_RUNTIME_TABLES: tuple[toml.Path, ...] = (("tool", "poetry", "dependencies"), ("packages",))


def groups(source: Source) -> Iterator[Group]:
    """The lists and tables of requirements of one file.

    Raises:
        TomlError: the text is no TOML.
    """
    document = toml.parse(source)
    data = toml.load(source)
    for path, value in document.values.items():
        if value.kind == "array" and _is_list(path):
            yield Array(source, path, path == ("project", "dependencies"))
    for path in document.tables:
        if _is_table(path, data):
            yield Table(source, path, path in _RUNTIME_TABLES)


def _is_list(path: toml.Path) -> bool:
    match path:
        case ("project", "dependencies") | ("tool", "uv", "dev-dependencies"):
            return True
        case ("project", "optional-dependencies", _) | ("dependency-groups", _) | ("tool", "pdm", "dev-dependencies", _):
            return True
        case ("tool", "hatch", "envs", _, "dependencies" | "extra-dependencies"):
            return True
    return False


def _is_table(path: toml.Path, data: Any) -> bool:
    match path:
        case ("tool", "poetry", "dependencies" | "dev-dependencies") | ("tool", "poetry", "group", _, "dependencies"):
            return True
        case ("packages",) | ("dev-packages",):
            return "project" not in data and "tool" not in data
    return False


class Array(Group):
    """An array of requirements."""

    def __init__(self, source: Source, path: toml.Path, is_runtime: bool) -> None:
        super().__init__(source, ".".join(map(str, path)), is_runtime)
        self.path = path

    def _items(self) -> list[tuple[toml.Value, str]]:
        """The strings among the items: a dependency group may include others by a table."""
        document, data = toml.parse(self.source), _at(toml.load(self.source), self.path)
        array = document.values[self.path]
        pairs = zip(array.children, data, strict=True)
        return [(document.values[path], item) for path, item in pairs if isinstance(item, str) and requirement(item)]

    @property
    def entries(self) -> Sequence[Entry]:
        """See `Group`."""
        found = []
        for value, text in self._items():
            item = requirement(text)
            if item is not None:
                found.append(Entry(item.key, item.specifier, value.start))
        return found

    def with_extra(self, name: str, extra: str) -> Source:
        """See `Group`."""
        value, text = next(pair for pair in self._items() if (item := requirement(pair[1])) and item.key == name)
        item = requirement(text)
        wanted = item.plus_extra(text, extra) if item is not None else None
        if wanted is None:
            return self.source
        at, new = wanted
        return self.edited(_tried(toml.replace_value, self.source, value, text[:at] + new + text[at:]))

    def with_requirement(self, name: str, specifier: str, beside: str) -> Source:
        """See `Group`."""
        items, text = self._items(), name + specifier
        position = self.position(name, beside)
        array = toml.parse(self.source).values[self.path]
        if position >= len(items) or not items:
            return self.edited(_tried(toml.append_item, self.source, array, text))
        following = items[position][0]
        quote = "'" if self.source.text.startswith(b"'", following.start) else '"'
        line, _ = self.source.line_range(self.source.line_of(following.start))
        indent = self.source.slice(line, following.start)
        if indent.strip():
            return self.edited([insert(following.start, f"{quote}{text}{quote}, ")])
        if position:
            # Below the one before, and above the comments that belong to the one behind.
            line = self.source.line_range(self.source.line_of(items[position - 1][0].end))[1]
        return self.edited([insert(line, f"{indent}{quote}{text}{quote},{self.source.newline}")])


class Table(Group):
    """A table with a name of a distribution and its version in each line."""

    def __init__(self, source: Source, path: toml.Path, is_runtime: bool) -> None:
        super().__init__(source, ".".join(map(str, path)), is_runtime)
        self.path = path

    def _values(self) -> list[toml.Value]:
        """The entries with a line of their own; those with a header of their own stand elsewhere."""
        table = toml.parse(self.source).tables[self.path]
        return [value for value in table.values if len(value.path) == len(self.path) + 1]

    @property
    def entries(self) -> Sequence[Entry]:
        """See `Group`."""
        data, found = _at(toml.load(self.source), self.path), []
        for value in self._values():
            item = data[value.path[-1]]
            version = item.get("version", "") if isinstance(item, dict) else item
            start = value.key[0] if value.key else value.start
            found.append(Entry(normalised(str(value.path[-1])), version if isinstance(version, str) else "", start))
        return found

    def _value(self, name: str) -> toml.Value:
        return next(value for value in self._values() if normalised(str(value.path[-1])) == name)

    def with_extra(self, name: str, extra: str) -> Source:
        """See `Group`."""
        value = self._value(name)
        data = _at(toml.load(self.source), value.path)
        if isinstance(data, str):
            text = self.source.slice(value.start, value.end)
            return self._checked([replace(value.start, value.end, f'{{extras = ["{extra}"], version = {text}}}')])
        if not isinstance(data, dict):
            raise CannotChange("lists several versions")
        extras = toml.parse(self.source).value(*value.path, "extras")
        if extra in data.get("extras", ()):
            return self.source
        if extras is not None:
            return self.edited(_tried(toml.append_item, self.source, extras, extra))
        return self.edited(_tried(toml.insert_key, self.source, (*value.path, "extras"), [extra]))

    def with_requirement(self, name: str, specifier: str, beside: str) -> Source:
        """See `Group`."""
        bare, _, extras = name.partition("[")
        version = f'"{specifier or "*"}"'
        written = f'{{extras = ["{extras.rstrip("]")}"], version = {version}}}' if extras else version
        values = self._values()
        skip = 1 if values and values[0].path[-1] == "python" else 0
        position = self.position(bare, beside, skip)
        if not values or position == 0:
            return self.edited(_tried(toml.insert_key, self.source, (*self.path, bare), specifier or "*"))
        anchor = values[position - 1]
        key_end = anchor.key[1] if anchor.key else anchor.start
        equals = self.source.slice(key_end, anchor.start) if self.source.text[key_end : anchor.start].strip() == b"=" else " = "
        equals = " = " if len(equals) > len(" = ") else equals
        _, end = self.source.line_range(self.source.line_of(anchor.end))
        line = f"{bare}{equals}{written}"
        if not self.source.text[:end].endswith((b"\n", b"\r")):
            return self._checked([insert(end, self.source.newline + line)])
        return self._checked([insert(end, line + self.source.newline)])

    def _checked(self, edits: list[Edit]) -> Source:
        result = self.edited(edits)
        problem = toml.check(result)
        if problem is not None:
            raise CannotChange(problem)
        return result


def _at(data: Any, path: toml.Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _tried(edit: Any, *arguments: Any) -> list[Edit]:
    try:
        found: list[Edit] = edit(*arguments)
    except toml.CannotEdit as error:
        raise CannotChange(str(error)) from None
    return found
