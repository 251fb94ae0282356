"""How workflows and scripts bring a folder to a Space: `git push`, `hf upload`, the sync actions."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from autofix.fixer import Language, Source
from autofix.fixers.frontmatter.spaces_card.facts import Deployment
from autofix.languages import commands, language_of, shell, yaml
from autofix.text.excerpt import Excerpt

# huggingface/hub-sync and the actions that it comes from; the inputs are the same (their action.yml).
_SYNC_ACTION = re.compile(r"[\w.-]+/(?:hub-sync|huggingface-sync-action)(?:@|$)")
# Puts a header of its own above the README (alex-bene/huggingface-space-sync-action, README).
_OWN_HEADER = re.compile(r"[\w.-]+/huggingface-space-sync-action(?:@|$)")
_SPACE_URL = re.compile(r"(?:huggingface\.co|(?<![\w.])hf\.co)/spaces/([^\s\"'`)]*)")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
_PREFIX = re.compile(r"\bsubtree\s+(?:split|push)\b[^|;)`]*?(?:--prefix[= ]|-P[ =]?)[\"']?([\w./-]+)[\"']?(?=[\s)`\"']|$)")
_SPLIT_INTO = re.compile(r"\s(?:-b|--branch[= ])\s*([\w./-]+)")
_OWN_FOLDER = re.compile(r"\$\(\s*dirname\s+[\"']?(?:\$0|\$\{?BASH_SOURCE)[^)]*\)[\"']?(/\.\.)?[\"']?(?:/([\w./-]+))?[\"']?$")
_STAGING = frozenset(("cp", "rsync", "mv", "ln", "tar", "unzip", "install"))
_REWRITING = frozenset(("filter-repo", "filter-branch", "rm", "worktree", "read-tree"))


def summarize(source: Source) -> tuple[Deployment, ...]:
    """All pushes to a Space in a workflow or a shell script."""
    if language_of(source.path) is Language.SHELL:
        job = _Job(source.path)
        job.script(_Script(source.text.decode("utf-8").replace("\r\n", "\n"), 1, ""))
        return tuple(job.found())
    try:
        roots = yaml.documents(source)
    except yaml.YamlError:
        return ()
    jobs = yaml.mapping_get(roots[0], "jobs") if len(roots) == 1 else None
    entries = jobs.entries if isinstance(jobs, yaml.MappingNode) else []
    return tuple(found for entry in entries for found in _job(source, entry.value))


def _job(source: Source, node: yaml.Node) -> Iterator[Deployment]:
    job = _Job(source.path)
    default = _text(yaml.mapping_get(yaml.mapping_get(node, "defaults"), "run"), "working-directory")
    steps = yaml.mapping_get(node, "steps")
    for step in steps.items if isinstance(steps, yaml.SequenceNode) else ():
        uses = yaml.mapping_get(step, "uses")
        run = yaml.mapping_get(step, "run")
        if isinstance(uses, yaml.ScalarNode):
            job.action(uses.value, yaml.mapping_get(step, "with"), source.line_of(uses.start))
        elif isinstance(run, yaml.ScalarNode):
            folder = _text(step, "working-directory") or default
            first = source.line_of(run.content) + run.is_block
            job.script(_Script(run.value, first, folder))
    yield from job.found()


def _text(node: yaml.Node | None, key: str) -> str:
    value = yaml.mapping_get(node, key)
    return value.value.strip() if isinstance(value, yaml.ScalarNode) else ""


@dataclass(frozen=True)
class _Script:
    """A script with the 1-based line of its first line and the folder that it starts in."""

    text: str
    line: int
    folder: str


@dataclass
class _Job:
    """What the steps of a job have done to the checkout so far."""

    path: str
    remotes: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    inits: set[str] = field(default_factory=set)
    moved: str = ""
    """Why what is pushed is not what lies in the repository."""
    readme: bool = False
    deployments: list[Deployment] = field(default_factory=list)

    def found(self) -> Iterator[Deployment]:
        for item in self.deployments:
            readme = item.writes_readme or self.readme
            yield Deployment(item.path, item.line, item.what, item.root, item.reason, item.space, item.sdk, readme)

    def action(self, uses: str, inputs: yaml.Node | None, line: int) -> None:
        if _OWN_HEADER.match(uses):
            self.add(line, f"uses: {uses}", None, "the action writes the card", readme=True)
        elif _SYNC_ACTION.match(uses) and (_text(inputs, "repo_type") or "space") == "space":
            folder, name = _text(inputs, "subdirectory"), _text(inputs, "huggingface_repo_id")
            root = None if "${{" in folder or self.moved else _joined("", folder)
            sdk = "" if "${{" in (given := _text(inputs, "space_sdk")) else given
            self.add(line, f"uses: {uses}", root, self.moved or f"subdirectory is {folder}", name.rpartition("/")[2], sdk)
        elif uses.startswith("actions/checkout@"):
            given = next((key for key in ("path", "repository", "sparse-checkout", "ref") if _text(inputs, key)), "")
            if given and not (given == "ref" and re.search(r"\$|^(?:refs/heads/)?(?:main|master)$", _text(inputs, given))):
                self.moved = f"the job checks out with {given} {_text(inputs, given).splitlines()[0]}"

    def add(
        self, line: int, what: str, root: str | None, reason: str, space: str = "", sdk: str = "", readme: bool = False
    ) -> None:
        space = "" if re.search(r"[$<{\s]", space) else space.removesuffix(".git").strip("/")
        what = re.sub(r"//[^/\s]*@|\bhf_\w+", lambda found: "//***@" if found[0].startswith("/") else "***", what)
        what = " ".join(_EXPRESSION.sub("***", what).split())
        self.deployments.append(Deployment(self.path, line, what, root, "" if root is not None else reason, space, sdk, readme))

    def script(self, script: _Script) -> None:
        if "$" in script.folder:
            self.moved = self.moved or f"a step runs in {script.folder}"
        # The expressions of GitHub are no shell; a variable without a known value is what they come to.
        text = _EXPRESSION.sub("$GITHUB_EXPRESSION", script.text)
        try:
            parsed = commands.parse(Excerpt.of(text.encode(), [(0, len(text.encode()))]), bash=True)
        except commands.NotUnderstood as error:
            self.not_understood(script, text, error.reason)
            return
        self.readme = self.readme or any(_names_readme(command) for command in parsed)
        run = _Run(self, script, text.encode(), _joined("", script.folder))
        for command in parsed:
            run.command(command)

    def not_understood(self, script: _Script, text: str, reason: str) -> None:
        """A script with here-documents and the like: only that it pushes to a Space is known."""
        for start, end in reversed(shell.ranges(text.encode())):
            text = (text.encode()[:start] + text.encode()[end:]).decode()
        self.readme = self.readme or "README" in text
        self.moved = self.moved or f"the script is not understood ({reason})"
        url = _SPACE_URL.search(text)
        if url is not None and re.search(r"\bgit\b[^\n]*\bpush\b", text):
            self.add(script.line + text.count("\n", 0, url.start()), "a push to a Space", None, self.moved)
        elif (upload := re.search(r"repo_type\s*=\s*[\"']space[\"']", text)) is not None:
            self.add(script.line + text.count("\n", 0, upload.start()), "an upload to a Space", None, self.moved)


def _names_readme(command: commands.Command) -> bool:
    """Whether a command has to do with a README, other than by printing the word."""
    words = [redirection.target for redirection in command.redirections]
    words += command.words if command.name != "echo" else ()
    return any("README" in word.raw for word in words)


@dataclass
class _Run:
    """One script, command by command. `folder` is where the shell is, None where that is not known."""

    job: _Job
    script: _Script
    text: bytes
    folder: str | None

    def command(self, command: commands.Command) -> None:
        words = [word.value if word.value is not None else word.raw for word in command.words]
        name = command.name
        if name in ("cd", "pushd") and len(words) > 1:
            self.change_folder(command)
        elif name == "git":
            self.git(command, _git_words(words))
        elif name in _STAGING:
            self.job.moved = self.job.moved or f"{name} changes the files first"
        elif name in ("hf", "huggingface-cli", "uvx", "uv") and "upload" in words:
            self.upload(command, words[words.index("upload") + 1 :])

    def line(self, command: commands.Command) -> int:
        return self.script.line + self.text.count(b"\n", 0, command.start)

    def change_folder(self, command: commands.Command) -> None:
        word = command.words[1]
        own = _OWN_FOLDER.search(word.raw)
        if command.nesting:
            self.folder = None
        elif own is not None:
            here = posixpath.dirname(self.job.path)
            self.folder = _joined(posixpath.join(here, ".." if own[1] else "."), own[2] or "")
        elif word.value is None or self.folder is None:
            self.folder = None
        else:
            self.folder = _joined(self.folder, word.value)

    def git(self, command: commands.Command, words: Sequence[str]) -> None:
        subcommand, rest = words[0] if words else "", words[1:]
        text = self.text[command.start : command.end].decode("utf-8", "replace")
        if subcommand == "remote" and len(rest) >= 3 and rest[0] in ("add", "set-url"):
            self.job.remotes[rest[-2]] = rest[-1]
        elif subcommand == "init" and self.folder is not None:
            self.job.inits.add(self.folder)
        elif subcommand == "clone":
            self.job.moved = self.job.moved or "the files are copied into a clone"
        elif subcommand in _REWRITING or (subcommand in ("checkout", "switch") and _leaves_the_commit(rest)):
            self.job.moved = self.job.moved or f"git {subcommand} changes the files first"
        elif subcommand == "subtree" and rest[:1] == ["split"] and (into := _SPLIT_INTO.search(text)) is not None:
            self.job.branches[into[1]] = _prefix(text)
        elif subcommand == "push" or (subcommand == "subtree" and rest[:1] == ["push"]):
            self.push(command, text, [word for word in rest if not word.startswith("-")])

    def push(self, command: commands.Command, text: str, words: Sequence[str]) -> None:
        url = next((found for word in (text, *words) if (found := self.space_url(word)) is not None), None)
        if url is None:
            return
        prefix = _prefix(text)
        branch = next((self.job.branches[part] for word in words if (part := word.partition(":")[0]) in self.job.branches), "")
        root, reason = self.root(prefix or branch)
        self.job.add(self.line(command), text, root, reason, "/".join(url[1].split("/")[1:2]))

    def space_url(self, word: str) -> re.Match[str] | None:
        return _SPACE_URL.search(word) or _SPACE_URL.search(self.job.remotes.get(word, ""))

    def root(self, prefix: str) -> tuple[str | None, str]:
        """The folder that a push sends, and why it cannot be told."""
        if self.job.moved or self.folder is None or prefix.startswith("$"):
            return None, self.job.moved or "the folder is known only when it runs"
        if prefix:
            return _joined("", prefix), ""
        if self.folder in self.job.inits or not self.folder:
            return self.folder, ""
        return None, f"it runs in {self.folder}/, and git push sends the whole repository"

    def upload(self, command: commands.Command, words: Sequence[str]) -> None:
        """`hf upload REPOSITORY [FOLDER] [PATH_IN_REPOSITORY] --repo-type space`, or `hf upload spaces/REPOSITORY ..`."""
        text = " ".join(words)
        repository, *rest = _without_options(words) or [""]
        if not repository.startswith("spaces/") and re.search(r"--(?:repo-)?type[= ]spaces?\b", text) is None:
            return
        source = rest[0] if rest else "."
        root, reason = None, self.job.moved or "the folder is known only when it runs"
        if "$" in source or rest[1:2] not in ([], ["."], ["/"], ["./"]):
            reason = f"it uploads {source}" if "$" in source else "only a part is uploaded"
        elif not self.job.moved and self.folder is not None:
            root = _joined(self.folder, source)
        self.job.add(self.line(command), "hf upload " + text, root, reason, repository.rpartition("/")[2])


def _leaves_the_commit(words: Sequence[str]) -> bool:
    """Whether `git checkout` or `git switch` does more than name the commit that is checked out."""
    creates = any(word in ("-b", "-B", "-c", "-C") for word in words)
    return "--orphan" in words or len([word for word in words if not word.startswith("-")]) > 1 or not creates


def _git_words(words: Sequence[str]) -> list[str]:
    """The words behind `git` and its own options."""
    rest = list(words[1:])
    while rest and rest[0] in ("-c", "--git-dir", "--work-tree"):
        del rest[:2]
    return rest


def _without_options(words: Sequence[str]) -> list[str]:
    given: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("--"):
            skip = "=" not in word and word not in ("--private", "--quiet", "--create-pr")
        else:
            given.append(word)
    return given


def _prefix(text: str) -> str:
    found = _PREFIX.search(text)
    return found[1] if found else "$" if "subtree" in text else ""


def _joined(folder: str, relative: str) -> str:
    """A folder relative to the root of the repository, `""` for the root itself."""
    path = posixpath.normpath(posixpath.join(folder, relative))
    return "" if path == "." else path
