"""A command of uv names a group, an extra or a package that the project does not have.

Why: uv refuses a group, an extra or a workspace member that is not declared, so that the command fails for everyone who
follows it; and it passes over a package that is not locked in silence, so that an option which once kept a package out
of an image does nothing, and nobody notices. Both happen when a project moves on (`dev` becomes an extra, a package is
renamed) and its scripts and documents stay behind. Documentation is judged, too, code inside paragraphs included:
people and agents type what it says.

Fix: name what pyproject.toml declares (`--extra dev` for an extra, `--group dev` for a dependency group), or take the
option out. Names are compared as uv compares them (`Batch_Invariant` is `batch-invariant`). A command counts where it
may run: in the folder of its file or at the root, after `cd`, `--directory`, `--project`, `working-directory`. It is
reported when no project in any of these places has the name; in a folder that is none of this repository never.

References: guide section "Dependency management"; crate uv-environment-operations, `validate_extras` and
`validate_groups`; PEP 735; https://docs.astral.sh/uv/concepts/projects/sync/
"""

import re
from collections.abc import Iterator

from policy_checks.lock.offered import extras_of, groups_of
from policy_checks.lock.uv_calls import UV_CALLS, Around, UvCall
from policy_checks.readers.names import normalized
from policy_checks.readers.shell import Context
from policy_checks.readers.uv_names import Named, Then, What
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.source import Unreadable

Known = dict[What, frozenset[str] | None]

# What documentation writes for a name of the reader's choice.
_PLACEHOLDER = re.compile(
    r"[A-Z][A-Z0-9_-]*|(?:your|my|some|the)[-_].*|foo|bar|baz|name|(?:group|extra|package|dependency)(?:[-_]?name)?|x{2,}|x|y|z"
)
_SHOWN = 6  # names of a list in a message


def check(call: UvCall, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each name that no place has where the command may run."""
    documented = call.uv.command.script.context is Context.DOCUMENTATION
    for named in call.names:
        if documented and _PLACEHOLDER.fullmatch(named.name):
            continue
        places = [known for around in call.around if (known := _known(call, named, around)) is not None]
        if places and all(known[named.what] is not None and normalized(named.name) not in (known[named.what] or ()) for known in places):
            yield Problem(named.place, _message(named, places[0]))


def _known(call: UvCall, named: Named, around: Around) -> Known | None:
    """The names that there are in one place; None where there is no project. What only a build knows is None."""
    try:
        if named.folders is not None:
            projects = [around.pyproject(folder) for folder in named.folders]
            found = [project for project in projects if project is not None]
            if len(found) < len(projects):
                return None
            extras = [extras_of(project) for project in found]
            known = None if None in extras else frozenset().union(*(some for some in extras if some is not None))
            return {What.GROUP: frozenset().union(*map(groups_of, found)), What.EXTRA: known}
        offered = around.offered
        if offered is None:
            return None
        members = (value for value, _ in call.uv.values("--package")) if call.uv.subcommand != ("tree",) else ()
        everything = call.uv.has("--all-packages") or named.option == "--upgrade-group"
        selected = offered.selected(members, everything=everything)
        told = bool(selected or not offered.members)  # none is selected: `--package` is wrong itself
        return {
            What.GROUP: offered.groups(selected) if told else None,
            What.EXTRA: offered.extras(selected) if told else None,
            What.MEMBER: offered.members,
            What.PACKAGE: offered.packages,
        }
    except Unreadable:  # what uv refuses in a pyproject.toml is told by the rules about locks; what it would offer nobody knows
        return dict.fromkeys(What)


def _message(named: Named, known: Known) -> str:
    what = f"dependency group `{named.name}`" if named.what is What.GROUP else f"{named.what} `{named.name}`"
    if named.what is What.PACKAGE:
        return f"`{named.written}` does nothing: uv.lock has no {what}; {_instead(named, known) or 'take it out'}"
    there = "the workspace has" if named.what is What.MEMBER else "pyproject.toml declares"
    said = {Then.REFUSES: f"uv refuses `{named.written}`", Then.WARNS: f"uv passes over the extra in `{named.written}` with a warning"}
    return f"{said.get(named.then, f'`{named.written}` does nothing')}: {there} no {what}; {_instead(named, known) or _has(named, known)}"


_OTHER = {What.GROUP: What.EXTRA, What.EXTRA: What.GROUP}
_OPTION_OF = {
    "--group": "--extra",
    "--only-group": "--extra",
    "--no-group": "--no-extra",
    "--extra": "--group",
    "--no-extra": "--no-group",
    "": "--group",
}


def _instead(named: Named, known: Known) -> str:
    """The same name as the other kind, or the nearest one."""
    name, other = normalized(named.name), _OTHER.get(named.what)
    if other is not None and name in (known.get(other) or ()):
        option = _OPTION_OF.get(named.option, "")
        return f"did you mean the {other} `{name}`" + (f" (`{option} {name}`)" if option else "")
    # Packages have families (`nvidia-cublas-cu12`, `nvidia-cublas`): the near one is another package, unless it is very near.
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known[named.what] or ()), 1, 0.9 if named.what is What.PACKAGE else 0.75)
    return f"did you mean `{near[0]}`" if near else ""


def _has(named: Named, known: Known) -> str:
    names = sorted(known[named.what] or ())
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return f"it has {shown}" if names else "it has none"


_PYPROJECT = """\
[project]
name = "app"
version = "1"
{}
[project.urls]
Source = "https://git.example/owner/App-Repo"

[project.optional-dependencies]
dev = ["numpy"]

[dependency-groups]
Batch_Invariant = ["numpy"]
docs = ["sphinx"]
test = ["pytest"]
"""
_PROJECT = {"pyproject.toml": _PYPROJECT.format("")}
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }

[[package]]
name = "numpy"
version = "2.0"
source = { registry = "https://index.example/simple" }
"""
_LOCKED = {**_PROJECT, "uv.lock": _LOCK}
_WORKSPACE = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n\n[dependency-groups]\nlint = []\n',
    "packages/one/pyproject.toml": '[project]\nname = "one"\nversion = "1"\n[project.optional-dependencies]\ngpu = []\n',
    "packages/two/pyproject.toml": '[project]\nname = "two"\nversion = "1"\n[dependency-groups]\nbench = []\n',
}
_JOB = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"

RULE = Rule(
    code="PIP007",
    name="unknown-group-or-extra",
    severity=Severity.ERROR,
    subject=UV_CALLS,
    check=check,
    needles=("uv",),
    examples=(
        Example(
            "a group that is an extra",
            {"setup.sh": "uv sync --locked --group ⟦dev⟧ --group test\n", **_PROJECT},
            message="did you mean the extra `dev` (`--extra dev`)",
        ),
        Example(
            "in documentation, in a block and in passing",
            {"docs/a.md": "Run `uv sync --group ⟦lts⟧`, or\n\n```bash\nuv run --only-group=⟦lts⟧ pytest\n```\n", **_PROJECT},
            message="it has batch-invariant, docs, test",
        ),
        Example(
            "a misspelt extra", {"Dockerfile": "FROM base\nRUN uv sync --extra 'dev,⟦devs⟧'\n", **_PROJECT}, message="did you mean `dev`"
        ),
        Example(
            "a package that is not locked",
            {"Dockerfile": "FROM base\nRUN uv sync --locked \\\n  --no-install-package ⟦torch⟧ --no-install-package numpy\n", **_LOCKED},
            message="`--no-install-package torch` does nothing",
        ),
        Example(
            "an extra of the project that is installed by its path",
            {"a.sh": "uv pip install -e '.[dev,⟦all⟧]'\n", **_PROJECT},
            message="warning",
        ),
        Example(
            "a workspace: the member that a command is about",
            {"a.sh": "uv sync --package two --group bench --group lint --extra ⟦gpu⟧\nuv build --package ⟦three⟧\n", **_WORKSPACE},
        ),
        Example(
            "a clone of this repository, or a folder of it",
            {"README.md": "```bash\ngit clone https://git.example/owner/App-Repo.git\ncd App-Repo\nuv sync --group ⟦dev⟧\n```\n", **_PROJECT},
        ),
        Example(
            "names that exist, in any spelling",
            {"a.sh": "uv sync --group batch-invariant --extra DEV --no-group docs\nuv export --only-group Batch.Invariant\n", **_PROJECT},
        ),
        Example(
            "the group dev always exists for these", {"a.sh": "uv sync --no-dev\nuv run --dev pytest\nuv export --only-dev\n", **_PROJECT}
        ),
        Example("what is created", {"a.sh": "uv add --group lint ruff\nuv sync --group lint\nuv add --optional gpu cupy\n", **_PROJECT}),
        Example("what only the shell knows", {"a.sh": 'uv sync --extra "$IMAGE_TYPE" --group ${{ matrix.group }}\n', **_PROJECT}),
        Example(
            "a placeholder", {"README.md": "`uv sync --group NAME`, `uv sync --group <group>`, `uv lock -P package-name`\n", **_LOCKED}
        ),
        Example("another program's options", {"a.sh": "uv run pytest --group nope\nuvx --with tox tox --extra nope\n", **_PROJECT}),
        Example("without a lock nothing is known of packages", {"a.sh": "uv sync --no-install-package torch\n", **_PROJECT}),
        Example(
            "extras that only the build knows",
            {
                "a.sh": "uv sync --extra all\n",
                "pyproject.toml": _PYPROJECT.format('dynamic = ["optional-dependencies"]').replace(
                    '[project.optional-dependencies]\ndev = ["numpy"]\n', ""
                ),
            },
        ),
        Example(
            "another repository",
            {"a.sh": "git clone https://git.example/other\ncd other && uv sync --group dev\n", "b.sh": "uv --directory /opt/x sync --group dev\n", **_PROJECT},
        ),
        Example("the project of the folder", {"packages/two/README.md": "`uv sync --group bench`\n", **_WORKSPACE}),
        Example(
            "a step's folder",
            {".github/workflows/ci.yml": _JOB + "      - run: uv sync --group bench\n        working-directory: packages/two\n", **_WORKSPACE},
        ),
        Example(
            "a document about its reader's project",
            {"README.md": "```bash\nuv init demo\nuv add app\nuv run --group lint app\n```\n", **_PROJECT},
        ),
        Example("the past", {"CHANGELOG.md": "- `uv sync --group lint` works now\n", **_PROJECT}),
    ),
)  # fmt: skip
