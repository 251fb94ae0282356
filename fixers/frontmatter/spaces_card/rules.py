"""The validator: what the Hub would reject or misread in a card, key by key, without asking it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from autofix.fixer import Applicability
from autofix.fixers.frontmatter.spaces_card.licences import licence_id
from autofix.fixers.frontmatter.spaces_card.tables import hub
from autofix.languages import yaml


@dataclass(frozen=True)
class Problem:
    """What is wrong with a value: `instead` is what to write, None where a person has to decide (`hint` helps)."""

    message: str
    instead: str | None = None
    reason: str = "what is meant instead is not for a tool to say"
    hint: str = ""
    applicability: Applicability = Applicability.SAFE


def problems(root: yaml.MappingNode) -> Iterator[tuple[yaml.ScalarNode, Problem]]:
    """Everything that is wrong in a card, each with the value that it is about."""
    sdk = yaml.mapping_get(root, "sdk")
    sdk_name = sdk.value.lower() if isinstance(sdk, yaml.ScalarNode) else ""
    for entry in root.entries:
        value, key = entry.value, yaml.key_text(entry.key)
        if not isinstance(value, yaml.ScalarNode):
            if key == "custom_headers" and isinstance(value, yaml.MappingNode):
                yield from _headers(value)
            continue
        if not value.value:
            continue
        problem = _RULES[key](value) if key in _RULES else None
        problem = problem or _misplaced(key, sdk_name)
        if problem is not None:
            yield value, problem


def _headers(headers: yaml.MappingNode) -> Iterator[tuple[yaml.ScalarNode, Problem]]:
    for entry in headers.entries:
        name = yaml.key_text(entry.key)
        if name not in hub().headers and isinstance(entry.key, yaml.ScalarNode):
            hint = f"the Hub takes {_listed(hub().headers)}, in lower case"
            yield entry.key, Problem(f"custom_headers cannot set {name}", hint=hint)


def _misplaced(key: str, sdk: str) -> Problem | None:
    if key == "dockerfile":
        return Problem(
            "the Hub knows no key dockerfile: it builds the file Dockerfile in the root of the Space and no other",
            hint="copy or rename the file that is meant",
        )
    if key in ("sdk_version", "app_file") and sdk == "docker":
        return Problem(
            f"{key} means nothing with sdk: docker", reason="it does no harm", hint="a container needs app_port alone"
        )
    if key == "app_port" and sdk in ("gradio", "static", "streamlit"):
        return Problem(
            f"app_port means nothing with sdk: {sdk}", reason="it does no harm", hint="it counts for sdk: docker only"
        )
    return None


def _sdk(node: yaml.ScalarNode) -> Problem | None:
    name = node.value.strip().lower()
    if node.value in hub().sdks:
        return None
    if node.value in hub().retired_sdks:
        return Problem(f"the Hub has retired sdk: {name}", reason="it needs a Dockerfile", hint="sdk: docker runs it then")
    if name in hub().sdks:
        return Problem(f"sdk is written {name}", name)
    return Problem(f"the Hub has no sdk {node.value}", hint=f"it is one of {_listed(hub().sdks)}")


def _colour(node: yaml.ScalarNode) -> Problem | None:
    if node.value in hub().colours:
        return None
    plain = re.sub(r"[\s_-]+", "", node.value.lower())
    known = f"the Hub's palette is {_listed(hub().colours)}"
    if plain in hub().colours:
        return Problem(f"the colour is written {plain}", plain)
    nearest = hub().nearest_colours.get(plain)
    if nearest is None:
        return Problem(f"the Hub has no colour {node.value}", hint=known)
    return Problem(f"the Hub has no colour {node.value}: {nearest} is the nearest of {_listed(hub().colours)}", nearest)


def _emoji(node: yaml.ScalarNode) -> Problem | None:
    if not re.search(r"[A-Za-z]", node.value):
        return None
    known = hub().emoji.get(node.value.strip().strip(":"))
    if known is not None and node.value.strip().startswith(":"):
        return Problem(f"the Hub takes emoji only: {node.value} is {known}", known)
    return Problem(f"the Hub takes emoji only, not {node.value!r}", hint="write the character itself")


def _licence(node: yaml.ScalarNode) -> Problem | None:
    if node.value in hub().licences:
        return None
    known = licence_id(node.value)
    if known is not None:
        return Problem(f"the Hub's id of the licence {node.value} is {known}", known)
    return Problem(
        f"the Hub has no licence id {node.value}", hint="license: other, with license_name, stands for one that is not listed"
    )


def _short_description(node: yaml.ScalarNode) -> Problem | None:
    limit, size = hub().short_description_limit, _units(node.value)
    if size <= limit:
        return None
    message = f"the Hub rejects a short_description of more than {limit} characters: this one has {size}"
    kept = ""
    for word in re.finditer(r"\S+", node.value):
        if _units(node.value[: word.end()]) > limit:
            break
        kept = node.value[: word.end()]
    kept = kept.rstrip(" ,;:–—-&+/|(")
    if _units(kept) < limit // 2:
        return Problem(message, hint="shorten it")
    return Problem(message, kept, applicability=Applicability.UNSAFE)


def _units(text: str) -> int:
    # The Hub counts as JavaScript does: a character outside the basic plane is two.
    return len(text.encode("utf-16-le")) // 2


def _string(node: yaml.ScalarNode) -> Problem | None:
    """Text that YAML reads as a number, a date or a boolean."""
    if not node.is_plain or yaml.reads_as_string(node.value):
        return None
    return Problem(f"YAML reads {node.value} as something else than text", node.value)


def _version(node: yaml.ScalarNode) -> Problem | None:
    if node.is_plain and re.fullmatch(r"\d+\.\d*0", node.value):
        return Problem(f"YAML reads {node.value} as the number {float(node.value):g}", node.value)
    return None


def _python_version(node: yaml.ScalarNode) -> Problem | None:
    if re.fullmatch(r"3\.\d+(?:\.\d+)?", node.value) is None:
        return Problem(f"python_version {node.value} is none", hint="the Hub takes 3.x and 3.x.x")
    return _version(node)


def _port(node: yaml.ScalarNode) -> Problem | None:
    if re.fullmatch(r"[1-9]\d{0,4}", node.value) and int(node.value) < 65536:
        return None
    return Problem(f"app_port {node.value} is no port", hint="it is a number from 1 to 65535")


def _base_path(node: yaml.ScalarNode) -> Problem | None:
    return None if node.value.startswith("/") else Problem("base_path has to begin with /", hint="write it from the root")


def _timeout(node: yaml.ScalarNode) -> Problem | None:
    if re.fullmatch(r"\d+(?:\.\d+)?\s*(?:ms|s|m|h|d|[a-z]*(?:sec|min|hour|hr|day)[a-z]*)?", node.value.strip()):
        return None
    return Problem(f"startup_duration_timeout {node.value} is no duration", hint="such as 30m or 1h")


def _oauth_minutes(node: yaml.ScalarNode) -> Problem | None:
    if node.value.isdigit() and int(node.value) <= hub().oauth_minutes_limit:
        return None
    return Problem(f"hf_oauth_expiration_minutes is at most {hub().oauth_minutes_limit}", hint="that is 30 days")


def _one_of(key: str, allowed: Callable[[], Collection[str]]) -> Callable[[yaml.ScalarNode], Problem | None]:
    def rule(node: yaml.ScalarNode) -> Problem | None:
        if node.value in allowed():
            return None
        return Problem(f"{key} {node.value} is not known", hint=f"known are {_listed(allowed())}")

    return rule


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)


_RULES: Mapping[str, Callable[[yaml.ScalarNode], Problem | None]] = MappingProxyType(
    {
        "title": _string,
        "emoji": _emoji,
        "colorFrom": _colour,
        "colorTo": _colour,
        "sdk": _sdk,
        "sdk_version": _version,
        "python_version": _python_version,
        "app_port": _port,
        "base_path": _base_path,
        "license": _licence,
        "short_description": _short_description,
        "header": _one_of("header", lambda: ("mini", "default")),
        "suggested_hardware": _one_of("suggested_hardware", lambda: hub().hardware),
        "suggested_storage": _one_of("suggested_storage", lambda: hub().storage),
        "startup_duration_timeout": _timeout,
        "hf_oauth_expiration_minutes": _oauth_minutes,
    }
)
