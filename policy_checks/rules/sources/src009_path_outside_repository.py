"""A package that is taken from a path outside of the repository.

Why: `../sibling` and `/home/somebody/wheels` are on the machine of the one who wrote them. Everywhere else, in CI, in an
image's build and in a colleague's clone, the install fails; or, worse, finds another folder of that name.

Fix: move the package into the repository (a workspace member, or a path below it), add it as a git submodule, or take it
from git or an index. Judged are the sources, requirements, indexes, `find-links` and workspace members of pyproject.toml,
requirements files (their paths are taken from the file's own folder), and the folders and files of uv.lock that no
pyproject.toml of the repository declares. A path that stays below the repository's root is fine from whichever folder it
is written, and so is one that a variable names (`${PROJECT_ROOT}`), which cannot be told. Command lines are not judged:
inside an image, absolute paths are its own.

References: https://docs.astral.sh/uv/concepts/projects/dependencies/#path; PEP 508 (`file:` URLs)
"""

from collections.abc import Iterator

from policy_checks.lock.outside_paths import OUTSIDE_PATHS, OutsidePath
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity


def check(found: OutsidePath, _options: NoOptions) -> Iterator[Problem]:
    """One problem for a path that leaves the repository."""
    where = "is an absolute path" if found.path is None else "leaves the repository"
    told = f"{found.name}: `{found.written}` {where}, and is found on one machine only"
    yield Problem(found.place, f"{told}; move it into the repository, or take it from git or an index")


_HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'


def _lock(source: str) -> str:
    return (
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
        f'\n[[package]]\nname = "kit"\nversion = "1.0"\nsource = {{ {source} }}\n'
    )


RULE = Rule(
    code="SRC009",
    name="path-outside-repository",
    severity=Severity.ERROR,
    subject=OUTSIDE_PATHS,
    check=check,
    examples=(
        Example(
            "a source beside the repository, which its lock holds, too",
            {
                "pyproject.toml": _HEAD + '[tool.uv.sources]\nkit = { path = ⟦"../kit"⟧, editable = true }\nbox = [{ git = ⟦"file:///srv/git/box"⟧, rev = "main" }]\n',
                "uv.lock": _lock('editable = "../kit"'),
            },
            message="and is found on one machine only; move it into the repository",
        ),
        Example("a URL of a requirement", {"pyproject.toml": _HEAD + 'dependencies = [⟦"kit @ file:///home/me/kit-1.0-py3-none-any.whl"⟧]\n'}, message="`kit`: `file:///home/me/kit-1.0-py3-none-any.whl` is an absolute path"),
        Example(
            "settings of uv",
            {"app/pyproject.toml": _HEAD + '[tool.uv]\nfind-links = [⟦"/opt/wheels"⟧, ⟦"../../wheels"⟧]\n[tool.uv.workspace]\nmembers = [⟦"../../kit"⟧]\n[[tool.uv.index]]\nurl = ⟦"../../index"⟧\n'},
        ),
        Example("requirements files", {"requirements.txt": "-e ⟦../kit[all]⟧\n⟦../box⟧\n--find-links ⟦/opt/wheels⟧\n-r ⟦../more.txt⟧\n⟦kit @ file:///srv/kit.zip⟧\n"}),
        Example("a path that only the lock holds", {"pyproject.toml": _HEAD, "uv.lock": _lock('directory = "⟦../kit⟧"')}, message="`kit`: `../kit` leaves the repository"),
        Example("a folder of wheels as a registry", {"app/pyproject.toml": _HEAD, "app/uv.lock": _lock('registry = "⟦../../wheels⟧"')}),
        Example(
            "paths inside, also upwards from a member",
            {
                "packages/app/pyproject.toml": _HEAD + 'dependencies = ["kit"]\n[tool.uv.sources]\nkit = { path = "../../kit", editable = true }\nbox = { workspace = true }\n',
                "packages/app/uv.lock": _lock('editable = "../../kit"'),
                "packages/requirements.txt": "-e ../kit\n-r ../requirements.txt\n./box\n--find-links ../wheels\n",
            },
        ),
        Example("a workspace member", {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n', "uv.lock": _lock('editable = "packages/kit"')}),
        Example("a variable", {"pyproject.toml": _HEAD + 'dependencies = ["kit @ file:///${PROJECT_ROOT}/kit"]\n', "requirements.txt": "-e ${HOME}/kit\n"}),
        Example("git and indexes", {"pyproject.toml": _HEAD + 'dependencies = ["kit @ git+https://git.example/kit@main"]\n[tool.uv.sources]\nkit = { git = "https://git.example/kit", path = "../kit" }\n[[tool.uv.index]]\nurl = "https://index.example/simple"\n', "requirements.txt": "-f https://index.example/wheels\n-i https://index.example/simple\nkit>=1,<2 ; python_version > '3.9'\n-e git+https://git.example/kit#egg=kit\n"}),
        Example("an image's own paths", {"Dockerfile": "FROM base\nRUN uv pip install -e /workspace/kit --find-links /wheels\n"}),
        Example("the project itself", {"requirements.txt": "-e .\n.[all]\n", "uv.lock": _lock('registry = "wheels"')}),
    ),
)  # fmt: skip
