"""Names of the default branch outside filters: conditions, pushes, Dependabot, badges, links to the source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from autofix.fixer import Applicability, Example, Finding, Fixer, Language, Project, Source
from autofix.fixers.workflows.branch_expressions import conditions
from autofix.fixers.workflows.branch_links import Link, Repository, branch_of, links
from autofix.fixers.workflows.branch_pushes import push_findings
from autofix.fixers.workflows.branch_renames import Place, Renamer
from autofix.fixers.workflows.branches import BranchOptions, facts_of, only_document
from autofix.fixers.workflows.workflow_branch import is_workflow
from autofix.languages import language_of, yaml

_DOCUSAURUS = re.compile(r"(?:^|/)docusaurus\.config\.[cm]?[jt]s$")
_MKDOCS = re.compile(r"(?:^|/)mkdocs\.ya?ml$")
_DEPENDABOT = re.compile(r"\.github/dependabot\.ya?ml")


class WorkflowBranchRefs(Fixer[BranchOptions]):
    """The default branch under its old or another template's name, in everything around the workflows.

    ## What it does

    Puts the default branch in the place of `main` or `master` where that branch does not exist: in conditions on `github.ref`
    and its kin, `target-branch` of Dependabot, badges and links to the source of the same repository, `edit_uri` of MkDocs;
    with `--unsafe` also in `git push` of workflows, negated conditions, and `editUrl` of Docusaurus.

    ## Why

    A condition on a branch that does not exist is never true: the deployment is skipped and the run is green. Dependabot
    reports an error, badges show no status, edit links lead nowhere.

    ## Example

    In a repository whose only branch is `main`, `if: github.ref == 'refs/heads/master'` becomes
    `if: github.ref == 'refs/heads/main'`.

    ## Safety

    The evidence is that of `workflow-branch`: the name is conventional and no branch or tag has it, the clone holds all
    branches, the default branch is known. Links are changed only when their host, owner and name are those of the remote;
    without a remote, `--unsafe` takes what the configuration of a documentation site says of itself.
    Left alone on purpose: `uses: x@main`, `ref:`, inputs, `deploymentBranch`, other repositories, text in scripts.

    ## Refuses when

    The default branch is not known for certain, a reusable workflow sees the branches of its caller, an expression
    names the branch in a way that is not understood, or a script makes or changes branches before it pushes.
    """

    id = "workflow-branch-refs"
    title = "Conditions, pushes, badges and links that name a branch which does not exist"
    group = "workflows"
    languages = frozenset({Language.YAML, Language.MARKDOWN, Language.TYPESCRIPT})
    Options = BranchOptions
    examples = (
        Example(
            {".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    if: github.ref == 'refs/heads/master'\n"},
            {".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    if: github.ref == 'refs/heads/main'\n"},
        ),
    )

    @property
    def needles(self) -> Sequence[Sequence[bytes]]:
        """A conventional name, and a word that all places have in common."""
        places = (b"ref", b"push", b"branch", b"edit", b"://")
        return (tuple(name.encode() for name in self.options.conventional), places)

    def wants(self, path: str) -> bool:
        """Markdown, and the configuration files that name branches."""
        if language_of(path) is Language.MARKDOWN or is_workflow(path):
            return True
        return bool(_DEPENDABOT.fullmatch(path) or _MKDOCS.search(path) or _DOCUSAURUS.search(path))

    def fix(self, source: Source, project: Project) -> Iterable[Finding]:
        """One finding a place."""
        facts = facts_of(project, self.options)
        if facts is None or not any(name.encode() in source.text for name in facts.stale):
            return
        renamer, repository = Renamer(source, facts), _repository(project)
        if language_of(source.path) is Language.MARKDOWN:
            yield from _markdown(renamer, repository)
        elif _DOCUSAURUS.search(source.path):
            yield from _docusaurus(renamer, repository or _declared(source))
        elif (root := only_document(source)) is not None:
            if is_workflow(source.path):
                yield from conditions(renamer, root)
                yield from push_findings(renamer, root, repository)
            elif _MKDOCS.search(source.path):
                yield from _mkdocs(renamer, root, repository)
            else:
                yield from _dependabot(renamer, root)


def _repository(project: Project) -> Repository | None:
    git = project.git
    if git is None or git.host is None or git.owner_and_name is None:
        return None
    return Repository(git.host, *git.owner_and_name)


def _dependabot(renamer: Renamer, root: yaml.MappingNode) -> Iterator[Finding]:
    for path, node in yaml.walk(root):
        if path[:1] != ("updates",) or path[2:] != ("target-branch",) or not isinstance(node, yaml.ScalarNode):
            continue
        if renamer.facts.is_stale(node.value):
            place = Place("target-branch is", node.value, (node.content, node.end))
            yield renamer.in_value(place, path, node, (0, len(node.value)), Applicability.SAFE)


def _mkdocs(renamer: Renamer, root: yaml.MappingNode, repository: Repository | None) -> Iterator[Finding]:
    repo_url = yaml.mapping_get(root, "repo_url")
    home = repo_url.value if isinstance(repo_url, yaml.ScalarNode) else ""
    # Without a remote the site says where it comes from; a template may say so, too.
    applicability = Applicability.SAFE if repository else Applicability.UNSAFE
    repository = repository or _at(home)
    for key in ("edit_uri", "edit_uri_template"):
        node = yaml.mapping_get(root, key)
        if not isinstance(node, yaml.ScalarNode) or repository is None:
            continue
        # A relative address counts from repo_url, whose own slash at the end may be missing.
        lead = home.rstrip("/") + "/" if home and "://" not in node.value else ""
        value = node.value.lstrip("/")
        found = branch_of(lead + value, repository, renamer.facts.stale)
        if found is not None:
            start = found[0] - len(lead) + len(node.value) - len(value)
            place = Place(f"{key} leads to", found[1], (node.content, node.end))
            yield renamer.in_value(place, (key,), node, (start, start + len(found[1])), applicability)


def _at(address: str) -> Repository | None:
    found = re.fullmatch(r"https?://([\w.-]+)/([\w./-]+)/([\w.-]+?)(?:\.git)?/?", address)
    return Repository(*found.groups()) if found else None


def _markdown(renamer: Renamer, repository: Repository | None) -> Iterator[Finding]:
    if repository is not None:
        for link in links(renamer.source.text, repository, renamer.facts.stale):
            yield renamer.in_bytes(_place(link), Applicability.SAFE)


def _place(link: Link) -> Place:
    return Place("a link leads to", link.name, (link.start, link.end))


_EDIT_URL = re.compile(rb"(?:^|[\s{,(])[\"']?editUrl[\"']?\s*:\s*[\"'`](?P<url>https?://[^\"'`\s$]+)")
_ORGANIZATION = re.compile(rb"^\s*organizationName\s*:\s*[\"']([\w.-]+)[\"']", re.MULTILINE)
_PROJECT = re.compile(rb"^\s*projectName\s*:\s*[\"']([\w.-]+)[\"']", re.MULTILINE)

# Every site that `create-docusaurus` makes says that it is Facebook's, until somebody changes that.
_TEMPLATE_OWNER = b"facebook"


def _declared(source: Source) -> Repository | None:
    """The repository that a Docusaurus site says it is deployed from, unless it still has the words of the template."""
    owner, name = _ORGANIZATION.search(source.text), _PROJECT.search(source.text)
    if not owner or not name or owner[1] == _TEMPLATE_OWNER:
        return None
    return Repository("github.com", owner[1].decode(), name[1].decode())


def _docusaurus(renamer: Renamer, repository: Repository | None) -> Iterator[Finding]:
    if repository is None:
        return
    source = renamer.source
    addresses = [match.span("url") for match in _EDIT_URL.finditer(source.text)]
    for link in links(source.text, repository, renamer.facts.stale):
        start, _ = source.line_range(source.line_of(link.start))
        commented = source.text[start : link.start].lstrip().startswith((b"//", b"*", b"/*"))
        if not commented and any(begin <= link.start < end for begin, end in addresses):
            yield renamer.in_bytes(_place(link), Applicability.UNSAFE)
