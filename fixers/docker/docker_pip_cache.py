"""pip installs that leave their cache in the image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

from autofix.fixer import Edit, Example, Finding, Fix, Fixer, Language, NoOptions, Project, Refusal, Source
from autofix.fixers.docker import pip_caches
from autofix.fixers.docker.hadolint import turned_off
from autofix.fixers.docker.pip_commands import Pip, as_command, mentions_install, pip_of
from autofix.languages import commands as shell
from autofix.languages import dockerfile as docker

_RULE = "DL3042"
_SHELLS = frozenset(("sh", "bash", "ash", "dash", "ksh", "zsh"))
_WINDOWS = re.compile(r"windows|nanoserver", re.IGNORECASE)
# Releases whose own pip is older than 6, which has no cache by default and does not know the option (packages.ubuntu.com,
# packages.debian.org, pkgs.alpinelinux.org: python-pip, py-pip), by themselves and as the base of other images.
_OLD = re.compile(
    r"ubuntu[-:]?1[0-5]\.|(?:^|/)ubuntu-debootstrap:1[0-5]\.|(?:^|/)(?:ubuntu:)?(?:precise|trusty)\b"
    r"|:(?:.*-)?(?:lucid|precise|quantal|raring|saucy|trusty|utopic|vivid|wily|squeeze|wheezy|jessie)\b"
    r"|(?:^|/)debian:[678]\b|(?:^|/)alpine:3\.[01]\b|^dockerfile/"
    r"|^phusion/(?:baseimage|passenger-[a-z0-9-]+):0\.9\."
    r"|^(?:golang:1\.[0-8]|ruby:2\.[0-3]|node:0\.\d+|node:[4-8])\b(?!.*(?:alpine|stretch|buster))"
)
_OWN_PIP = re.compile(r"^(?:library/)?(?:python|pypy)\b")
_NEW_PIP = re.compile(rb"get-pip|ensurepip|easy_install[^;&|]* pip\b|pip\d*(?:\.\d+)* install [^;&|]*\bpip\b")


class DockerPipCache(Fixer[NoOptions]):
    """`pip install` in a Dockerfile that leaves pip's download cache in a layer of the image.

    ## What it does

    Adds `--no-cache-dir` to each `pip install` of a `RUN` (hadolint DL3042): behind `pip3`, `python -m pip`, `sudo`, in
    chains, in `ONBUILD` and in the JSON form.

    ## Why

    Nobody installs again from a layer: the cache of wheels and downloads only makes the image larger.

    ## Example

    `RUN pip install -r requirements.txt` becomes `RUN pip install --no-cache-dir -r requirements.txt`.

    ## Safety

    The same packages are installed. A command is left alone where something handles the cache already: the option, a value in
    `PIP_NO_CACHE_DIR` (ENV, ARG, `export`, also of a stage that this one builds on), a `--mount` over the cache, a clean-up in
    the same `RUN`; and where `# hadolint ignore=DL3042` or hadolint's configuration says so.

    ## Refuses when

    - the command stands in a quoted string, a here-document, or a shell that is not read (Windows, `SHELL`)
    - a configuration of pip, or `PIP_CACHE_DIR`, may say what becomes of the cache
    - the pip of an old base image does not know the option
    """

    id = "docker-pip-cache"
    title = "Keep pip's cache out of images"
    group = "docker"
    languages = frozenset((Language.DOCKERFILE,))
    examples = (
        Example(
            {"Dockerfile": "FROM python:3.12-slim\nCOPY app.txt ./\nRUN pip install -r app.txt\n"},
            {"Dockerfile": "FROM python:3.12-slim\nCOPY app.txt ./\nRUN pip install --no-cache-dir -r app.txt\n"},
        ),
    )

    @property
    def needles(self) -> Sequence[Sequence[bytes]]:
        """Files without both words have nothing to say."""
        return ((b"pip",), (b"install",))

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        """Each `pip install` whose cache stays, in the order of the file."""
        dockerfile = docker.parse(source)
        if dockerfile.refusal is not None:
            yield from _of_refused_file(source, dockerfile.refusal)
            return
        for instruction in dockerfile.instructions:
            run = instruction.inner or instruction
            if run.keyword == "RUN" and not turned_off(_RULE, dockerfile, instruction, project):
                yield from _of_run(dockerfile, run)


def _of_refused_file(source: Source, reason: str) -> Iterator[Finding]:
    match = mentions_install(source.text)
    if match is not None and b"PIP_NO_CACHE_DIR" not in source.text:
        refusal = Refusal(f"the file is not edited: {reason}")
        yield Finding(*match.span(), f"{_RULE}: `pip install` without --no-cache-dir", refusal)


def _of_run(dockerfile: docker.Dockerfile, run: docker.Instruction) -> Iterator[Finding]:
    environment = dockerfile.environment(run)
    if pip_caches.mounted(run, environment):
        return
    try:
        found = _commands(dockerfile, run)
    except shell.NotUnderstood as problem:
        text = dockerfile.source.text[run.start : run.end]
        if mentions_install(text) and not environment.get("PIP_NO_CACHE_DIR"):
            yield _refused(run, f"the command is not understood: {problem.reason}", "add --no-cache-dir by hand")
        return
    for command in found:
        pip = pip_of(command)
        if pip is None:
            if _hides_install(command) and not environment.get("PIP_NO_CACHE_DIR"):
                yield _refused(run, "the command stands in a quoted string", "add --no-cache-dir by hand")
            continue
        known = {**environment, **pip_caches.exported(found, command.start)}
        if pip.subcommand.value != "install" or pip_caches.asks_for_none(pip, known):
            continue
        if not pip_caches.removed(found, command.start):
            yield _of_install(dockerfile, run, pip, known)


def _of_install(dockerfile: docker.Dockerfile, run: docker.Instruction, pip: Pip, known: pip_caches.Environment) -> Finding:
    refusal = _refusal(dockerfile, run, pip, known)
    start, end = pip.program.start, pip.subcommand.end
    written = dockerfile.source.slice(start, end)
    message = (
        f"{_RULE}: `{' '.join(written.split())}` leaves pip's cache in the image: neither --no-cache-dir nor PIP_NO_CACHE_DIR, "
        "no mount over the cache, no clean-up in this RUN"
    )
    option = f", {json.dumps('--no-cache-dir')}" if run.items is not None else " --no-cache-dir"
    fix = Fix((Edit(end, end, option),), title="Add --no-cache-dir")
    return Finding(start, end, message, refusal or fix)


def _refusal(dockerfile: docker.Dockerfile, run: docker.Instruction, pip: Pip, known: pip_caches.Environment) -> Refusal | None:
    if known.get("PIP_CACHE_DIR", "") != "" or pip.environment.get("PIP_CACHE_DIR"):
        return Refusal("PIP_CACHE_DIR chooses a place for the cache: something may use it")
    line = pip_caches.configured(dockerfile, run, pip.command)
    if line is not None:
        return Refusal(f"line {line} configures pip: it may turn the cache off", "add --no-cache-dir where it does not")
    base = dockerfile.base_image(run)
    if _OLD.search(base) and not _OWN_PIP.match(base) and not _new_pip(dockerfile, run, pip):
        return Refusal(f"the pip of {base} is older than the option --no-cache-dir (pip 6)", "use a newer base image")
    return None


def _new_pip(dockerfile: docker.Dockerfile, run: docker.Instruction, pip: Pip) -> bool:
    """Whether an earlier command installs a pip of its own."""
    size = sum(end <= pip.program.start for end in (word.end for word in run.words))
    before = b" ".join(word.text.encode() for word in run.words[:size])
    return any(_NEW_PIP.search(text) for text in (before, *(item.content.text for item in dockerfile.in_force(run))))


def _commands(dockerfile: docker.Dockerfile, run: docker.Instruction) -> Sequence[shell.Command]:
    """The commands of a RUN.

    Raises:
        NotUnderstood: another shell than a POSIX one reads them, or they do not parse.
    """
    if run.heredocs:
        raise shell.NotUnderstood("a here-document", run.start)
    if run.items is not None:
        return (as_command(run),) if run.items else ()
    name = (dockerfile.shell(run) or ("",))[0].rpartition("/")[2]
    if name not in _SHELLS:
        raise shell.NotUnderstood(f"SHELL is {name}", run.start)
    if dockerfile.escape != "\\" or _WINDOWS.search(dockerfile.base_image(run)):
        raise shell.NotUnderstood("a shell of Windows reads it", run.start)
    return shell.parse(run.arguments, bash=name in ("bash", "zsh", "ksh")) if run.arguments.text else ()


def _hides_install(command: shell.Command) -> bool:
    """Whether a shell is given a string that holds the install."""
    runs_text = any(
        word.value is not None and word.value.rpartition("/")[2] in {*_SHELLS, "su", "eval"} for word in command.words
    )
    return runs_text and any(mentions_install(word.raw.encode()) for word in command.words if word.quoted or " " in word.raw)


def _refused(run: docker.Instruction, reason: str, hint: str) -> Finding:
    message = f"{_RULE}: a `pip install` in this RUN leaves pip's cache in the image"
    return Finding(*run.head, message, Refusal(reason, hint))
