"""A git dependency that is not pinned to a full commit id.

Why: a branch moves, a tag can be moved, a short id can become ambiguous. uv.lock holds the commit of the day it was
written, but the next `uv lock` takes another one without a line of the diff saying so, and where the lock is not used
(a requirements file, an image's build, another project that depends on this one) every build may get other code.

Fix: write the full commit id. `--fix` takes the commit that uv.lock already holds and rewrites pyproject.toml and the
lock's own lines together, so that `uv lock --check` still passes and nothing that is installed changes; with
`--unsafe-fixes` it also pins a requirements file or a build requirement to the commit that the lock holds for the same
reference. Judged are `[tool.uv.sources]`, every URL of a requirement in pyproject.toml, requirements files, and what a
Dockerfile installs (`git+https://…`), clones or adds; a clone after which a commit is checked out is pinned. Tags count
like branches everywhere. What a variable names cannot be told and is not reported. With `git-scope = "declared"`
Dockerfiles are left out; with `"everywhere"` what scripts and CI jobs install from git is judged, too (their clones are
not: jobs clone what they publish to, and test against the newest of what they follow).

References: guide section "Dependency management"; https://docs.astral.sh/uv/concepts/projects/dependencies/#git;
cargo-deny `sources.required-git-spec`
"""

from collections.abc import Iterator
from itertools import chain

from policy_checks.lock import git_pin
from policy_checks.lock.git_reference import GitReference, GitScope
from policy_checks.lock.git_references import GIT_REFERENCES, GitReferences
from policy_checks.lock.urls import without_credentials
from policy_checks.record import record
from policy_checks.rule import Example, Fix, Problem, Related, Rule, Severity
from policy_checks.source import Edit, Place, SourceFile, Unreadable


@record
class Options:
    """Where git references are judged."""

    git_scope: GitScope = GitScope.IMAGES


def check(references: GitReferences, options: Options) -> Iterator[Problem]:
    """One problem for every place that names no full commit id."""
    for found in references.within(options.git_scope):
        if isinstance(found, Unreadable):
            yield Problem(Place(found.file, found.span), f"cannot be searched for git references: {found.message}")
        elif not (found.reference.is_pinned or found.reference.is_unknown):
            yield _problem(found, references)


def _problem(found: GitReference, references: GitReferences) -> Problem:
    locked = found.locked
    told = f"`{found.name}` follows {found.reference}, which is no full commit id"
    if locked is None or found.lock is None:
        then = ", then `uv lock`" if found.is_resolved else ""
        return Problem(found.located.place, f"{told}; write `{found.located.pin.text('COMMIT')}` {_digits(found)}{then}")
    related = (Related(git_pin.locked_place(found.lock, locked), f"locked at {locked.commit}"),)
    return Problem(
        found.located.place,
        f"{told}; write `{found.located.pin.text(locked.commit)}`, the commit in uv.lock",
        _fix(found, references),
        related,
    )


def _digits(found: GitReference) -> str:
    """Where the commit id is to be had: of a branch from the repository itself."""
    reference = found.reference
    if reference.kind not in ("", "branch") or "$" in reference.url:
        return "with all 40 digits"
    url = without_credentials(reference.url).removeprefix("git+")
    name = f"refs/heads/{reference.name}" if reference.name else "HEAD"
    return f"with the 40 digits that `git ls-remote {url} {name}` prints"


def _fix(found: GitReference, references: GitReferences) -> Fix | None:
    """The edits of everything that the lock resolves to one commit: pinned one by one, the lock would be stale in between."""
    lock, locked = found.lock, found.locked
    assert lock is not None  # it was found there
    assert locked is not None
    title = f"pin `{found.name}` to the commit in uv.lock"
    if not found.is_resolved:
        edit = found.located.pin.edit(locked.commit)
        return Fix(title, ((found.located.place.file, edit),), safe=False) if edit else None
    edits: list[tuple[SourceFile, Edit]] = []
    pinned: set[tuple[str, str]] = set()
    for other in references.declared:
        same = other.locked if other.is_resolved and other.lock is lock and not other.reference.is_pinned else None
        if same is None or same.package is not locked.package:
            continue
        edit = other.located.pin.edit(locked.commit)
        if edit is None:
            return None
        edits.append((other.located.place.file, edit))
        pinned.add((other.reference.kind, other.reference.name))
    return Fix(title, tuple(chain(edits, ((lock.file, edit) for edit in git_pin.lock_edits(lock, locked, pinned)))))


_COMMIT = "b7643bd54a2ca38e7b97e8c1b0e3ffb03ae4f5a6"
_PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["flash-mla"]

[tool.uv.sources]
"""
_DIRECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = [{}]
"""
_LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "flash-mla" }},
]

[package.metadata]
requires-dist = [{{ name = "flash-mla", git = "https://git.example/flash-mla?REF" }}]

[[package]]
name = "flash-mla"
version = "1.0.0"
source = {{ git = "https://git.example/flash-mla?REF#{_COMMIT}" }}
"""
_URL = "https://git.example/flash-mla"


def _lock(reference: str) -> str:
    return _LOCK.replace("?REF", f"?{reference}" if reference else "")


def _example(title: str, written: str, reference: str, pinned: str, *, message: str) -> Example:
    return Example(
        title,
        {"pyproject.toml": written, "uv.lock": _lock(reference)},
        fixed={"pyproject.toml": pinned, "uv.lock": _lock(f"rev={_COMMIT}")},
        message=message,
    )


RULE = Rule(
    code="SRC001",
    name="unpinned-git-source",
    severity=Severity.ERROR,
    subject=GIT_REFERENCES,
    options=Options,
    check=check,
    examples=(
        _example(
            "a branch, written as a rev",
            _PROJECT + f'flash_mla = {{ git = "{_URL}", rev = ⟦"nv_dev"⟧ }}\n',
            "rev=nv_dev",
            _PROJECT + f'flash_mla = {{ git = "{_URL}", rev = "{_COMMIT}" }}\n',
            message=f'`flash_mla` follows rev `nv_dev`, which is no full commit id; write `rev = "{_COMMIT}"`, the commit in uv.lock',
        ),
        _example(
            "a tag, in one of several sources",
            _PROJECT + f'flash-mla = [\n    {{ git = "{_URL}", tag = ⟦"v1"⟧, marker = "sys_platform == \'linux\'" }},\n]\n',
            "tag=v1",
            _PROJECT + f'flash-mla = [\n    {{ git = "{_URL}", rev = "{_COMMIT}", marker = "sys_platform == \'linux\'" }},\n]\n',
            message="follows tag `v1`",
        ),
        Example(
            "a commit, in keys written with their table",
            {"pyproject.toml": _PROJECT + f'flash-mla.git = "{_URL}"\nflash-mla.rev = "{_COMMIT}"\n', "uv.lock": _lock(f"rev={_COMMIT}")},
        ),
        Example(
            "keys written with their table: what to write is said, and left to people",
            {
                "pyproject.toml": _PROJECT + f'flash-mla.git = "{_URL}"\nflash-mla.branch = ⟦"main"⟧\n',
                "uv.lock": _lock("branch=main"),
            },
            message="follows branch `main`",
        ),
        _example(
            "no reference at all, in a table of its own",
            _PROJECT + f'[tool.uv.sources.flash-mla]\ngit = ⟦"{_URL}"⟧ # upstream\n',
            "",
            _PROJECT + f'[tool.uv.sources.flash-mla]\ngit = "{_URL}" # upstream\nrev = "{_COMMIT}"\n',
            message="follows the default branch",
        ),
        _example(
            "a URL in a requirement",
            _DIRECT.format(f'⟦"flash-mla @ git+{_URL}@v1"⟧'),
            "rev=v1",
            _DIRECT.format(f'"flash-mla @ git+{_URL}@{_COMMIT}"'),
            message=f"write `@{_COMMIT}`",
        ),
        Example(
            "no lock to take the commit from",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", branch = ⟦"main"⟧ }}\n'},
            message=f'write `rev = "COMMIT"` with the 40 digits that `git ls-remote {_URL} refs/heads/main` prints, then `uv lock`',
        ),
        _example(
            "one repository in two places: pinned together, or the lock would be stale",
            _PROJECT.replace('["flash-mla"]', f'["flash-mla"]\n\n[dependency-groups]\ndev = [⟦"flash-mla @ git+{_URL}@v1"⟧]') + f'flash-mla = {{ git = "{_URL}", rev = ⟦"v1"⟧ }}\n',
            "rev=v1",
            _PROJECT.replace('["flash-mla"]', f'["flash-mla"]\n\n[dependency-groups]\ndev = ["flash-mla @ git+{_URL}@{_COMMIT}"]') + f'flash-mla = {{ git = "{_URL}", rev = "{_COMMIT}" }}\n',
            message="follows rev `v1`",
        ),
        _example(
            "an override, with a URL that git serves without `git+`",
            _PROJECT.replace("[tool.uv.sources]", f'[tool.uv]\noverride-dependencies = [⟦"flash-mla @ {_URL}.git"⟧]'),
            "",
            _PROJECT.replace("[tool.uv.sources]", f'[tool.uv]\noverride-dependencies = ["flash-mla @ git+{_URL}.git@{_COMMIT}"]'),
            message="follows the default branch",
        ),
        Example(
            "a requirements file; the lock follows the same tag, so its commit can be taken over",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", rev = "{_COMMIT}" }}\n', "docker/requirements.txt": f"torch==2.0\n⟦flash_mla @ git+{_URL}@v1⟧ # fast\n", "uv.lock": _lock("rev=v1")},
            fixed={"docker/requirements.txt": f"torch==2.0\nflash_mla @ git+{_URL}@{_COMMIT} # fast\n"},
            message="the commit in uv.lock",
        ),
        Example(
            "other spellings in requirements files",
            {"requirements-dev.txt": f"⟦git+{_URL}#egg=flash-mla&subdirectory=py⟧\n⟦-e git+ssh://git@git.example/kit.git@main#egg=kit⟧\n"},
            message="write `@COMMIT` with",
        ),
        Example(
            "an image that installs from a branch, clones and adds",
            {
                "docker/Dockerfile.ci": f"FROM base\nADD ⟦{_URL}.git#v1:src⟧ /src\nRUN uv pip install ⟦git+{_URL}@main⟧\n"
                f"RUN git clone --depth 1 -b ⟦nv_dev⟧ {_URL} && git clone ⟦https://git.example/kit.git⟧ /kit\n"
                "RUN git clone https://git.example/tool && cd tool && git checkout ⟦v2.0.3⟧ && make\n"
            },
        ),
        Example(
            "an image that checks out commits, or what a variable names",
            {
                "Dockerfile": f"FROM base\nARG REF\nADD {_URL}.git#{_COMMIT} /src\nRUN <<EOF\ngit clone --branch hybrid https://git.example/kit.git\n"
                f"pushd kit\ngit checkout {_COMMIT}\nEOF\nRUN git clone {_URL} && cd flash-mla && git fetch origin $REF && git checkout FETCH_HEAD\n"
                f"RUN git clone /src/local copy && git clone -b $REF {_URL} && pip install git+{_URL}@{_COMMIT} git+{_URL}@$REF\n"
            },
        ),
        Example("a job that tests against the newest, and a script that clones", {".github/workflows/ci.yml": f"jobs:\n  a:\n    steps:\n      - run: uv pip install git+{_URL}@main\n", "a.sh": f"git clone {_URL}\n"}),
        Example(
            "the same job under a policy for everything",
            {".github/workflows/ci.yml": f"jobs:\n  a:\n    steps:\n      - run: uv pip install ⟦git+{_URL}@main⟧\n      - run: uv add git+{_URL} --branch ⟦main⟧\n", "a.sh": f"uv add git+{_URL} --rev {_COMMIT}\necho git+{_URL}\n"},
            options={"git-scope": "everywhere"},
        ),
        Example("pyproject.toml alone is judged", {"Dockerfile": f"FROM base\nRUN git clone {_URL}\n"}, options={"git-scope": "declared"}),
        Example("documentation", {"README.md": f"```bash\npip install git+{_URL}@main\n```\n", "pyproject.toml": f"# git+{_URL}@main\n"}),
        Example("a comment in a requirements file", {"requirements.txt": f"# git+{_URL}@main\nflash-mla\n"}),
        Example("a variable in a requirements file", {"requirements.txt": f"flash-mla @ git+{_URL}@${{REF}}\n"}),
        Example(
            "a full commit id",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", rev = "{_COMMIT}" }}\n', "uv.lock": _lock(f"rev={_COMMIT}")},
        ),
        Example(
            "a full SHA-256 commit id",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", rev = "{"0123456789abcdef" * 4}" }}\n'},
        ),
        Example("a pinned URL", {"pyproject.toml": _DIRECT.format(f'"flash-mla @ git+{_URL}@{_COMMIT}#subdirectory=python"')}),
        Example("a source that is no git repository", {"pyproject.toml": _PROJECT + 'flash-mla = { path = "flash", editable = true }\n'}),
        Example("an archive", {"pyproject.toml": _DIRECT.format('"flash-mla @ https://index.example/flash-mla-1.0.zip"')}),
    ),
)  # fmt: skip
