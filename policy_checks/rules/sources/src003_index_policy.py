"""An index that is used in a way that lets others serve a package, or that gives away a password.

Why: with `unsafe-first-match` and `unsafe-best-match` whoever registers the name of an internal package on a public
index has it installed (dependency confusion); uv's own strategy, the first index that has a package, is safe from that
as far as the first index is. Over http, or with a host whose certificate is not checked, anybody on the way can answer
instead of the index. A password in an index's URL is published with the repository. These are wrong without any policy.

Fix: remove the strategy and bind packages to their index: `[[tool.uv.index]]` with a `name` and `explicit = true`, and
`package = { index = "name" }` in `[tool.uv.sources]`. Use https, and keep passwords in `UV_INDEX_NAME_PASSWORD`, a
keyring or `.netrc`. Two policies are off until they are set, for a mirror or a vendor's index beside the public one is
no fault in itself: `explicit-indexes = true` forbids every further index that is not explicit (`extra-index-url`,
`--index`, `UV_INDEX`, a `[[tool.uv.index]]` without `explicit = true`); `internal-packages = ["team-*"]` names packages
that must have a source in `[tool.uv.sources]` and must come from that index in uv.lock. Judged are pyproject.toml,
uv.toml, requirements files, Dockerfiles and CI jobs, with the variables that they set. A host without a dot (of a
container network, `localhost`) may be spoken to over http.

References: https://docs.astral.sh/uv/concepts/indexes/#searching-across-multiple-indexes; astral-sh/uv#171; PEP 708
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy_checks.lock.git_hosts import Location, locate
from policy_checks.lock.index_settings import INDEX_SETTINGS, IndexSetting, Says
from policy_checks.lock.integrity.artifacts import inside, shown
from policy_checks.lock.locked_project import LockedProject
from policy_checks.lock.requirement_texts import DEPENDED, requirement_texts
from policy_checks.lock.urls import without_credentials
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Span, Unreadable


@record
class Options:
    """Policies about indexes; both are off by default."""

    explicit_indexes: bool = False
    internal_packages: tuple[str, ...] = ()  # names or globs


def check(subject: IndexSetting | LockedProject, options: Options) -> Iterator[Problem]:
    """Problems of one setting, or of one project's internal packages."""
    if isinstance(subject, IndexSetting):
        yield from _setting(subject, explicit=options.explicit_indexes)
    elif options.internal_packages:
        try:
            yield from _internal(subject, tuple(map(normalized_glob, options.internal_packages)))
        except Unreadable as error:
            yield Problem(Place(error.file, error.span), f"cannot be searched for internal packages: {error.message}")


def normalized_glob(glob: str) -> str:
    """A glob over normalised names."""
    return "".join("-" if letter in "_." else letter for letter in glob.lower())


def _setting(setting: IndexSetting, *, explicit: bool) -> Iterator[Problem]:
    if setting.says is Says.STRATEGY:
        if setting.value.startswith("unsafe"):
            told = f"`{setting.shown}` `{setting.value}` lets whoever owns a package's name on any of the indexes have it installed"
            yield Problem(setting.place, f"{told}; remove it, and bind packages to their index in `[tool.uv.sources]`")
        return
    location = locate(setting.value if "://" in setting.value else f"https://{setting.value}")
    if setting.says is Says.INSECURE:
        if not _is_near(location):
            told = f"`{setting.shown}` turns off the check of the certificate of {setting.value}, so that anybody on the way can answer instead"
            yield Problem(setting.place, f"{told}; remove it and have the certificate trusted (`SSL_CERT_FILE`)")
        return
    if "://" not in setting.value:
        return  # a folder
    if location.secret:
        told = f"the URL of {setting.says} on {location.authority} holds credentials, which everybody who has the repository can read"
        yield Problem(
            _part(setting.place, location.secret), f"{told}; revoke them, and keep them in `UV_INDEX_NAME_PASSWORD`, a keyring or `.netrc`"
        )
    if location.scheme == "http" and not _is_near(location):
        told = (
            f"{setting.says} on {location.authority} is spoken to over http, where anybody on the way can answer instead; write `https://`"
        )
        yield Problem(_part(setting.place, "http"), told)
    if explicit and setting.says is Says.INDEX and not setting.is_explicit:
        yield Problem(setting.place, _not_explicit(setting))


def _not_explicit(setting: IndexSetting) -> str:
    url = without_credentials(setting.value)
    told = f"{url} may serve every package (`{setting.shown}`)"
    bound = 'and bind what it is for: `package = { index = "NAME" }` in `[tool.uv.sources]`'
    if setting.shown.startswith("[["):
        return f"{told}; add `explicit = true` {bound}"
    return f"{told}; declare it in `[[tool.uv.index]]` with a `name` and `explicit = true`, {bound}"


def _is_near(location: Location) -> bool:
    """Whether a host is this machine, a neighbour in a container network, or named by a variable."""
    host = location.host
    return ("." not in host and "*" not in host) or host.startswith("127.") or location.is_unknown


def _part(place: Place, part: str) -> Place:
    at = place.file.cut(place.span).find(part)
    return place if at < 0 else Place(place.file, Span(place.span.start + at, place.span.start + at + len(part)))


def _internal(project: LockedProject, globs: tuple[str, ...]) -> Iterator[Problem]:
    def is_internal(name: str) -> bool:
        return any(fnmatchcase(name, glob) for glob in globs)

    root = project.projects.get(project.lock_folder, project.pyproject)
    unbound: set[str] = set()
    for text in requirement_texts(project.pyproject.document, DEPENDED):
        name = _name(text)
        bound = project.pyproject.sources.get(name) or root.sources.get(name)
        if name and is_internal(name) and not bound and "@" not in text.text.partition(";")[0] and not _is_own(project, name):
            unbound.add(name)
            told = f"`{name}` is internal, but any index may serve it"
            yield Problem(text.place, f'{told}; add `{name} = {{ index = "{_index_name(root)}" }}` to `[tool.uv.sources]`')
    if project.lock is not None and project.has_own_lock:
        for package in project.lock.packages:
            if is_internal(package.name) and package.name not in unbound and package.source.kind == "registry":
                yield from _locked(project, project.lock, root, package.number)


def _name(text: Text) -> str:
    """The normalised name of a requirement."""
    end = next((index for index, letter in enumerate(text.text) if not (letter.isalnum() or letter in "-_. ")), len(text.text))
    return normalized(text.text[:end].strip())


def _is_own(project: LockedProject, name: str) -> bool:
    """Whether it is the project itself, asked for an extra."""
    own = project.pyproject.document.get("project", "name")
    return isinstance(own, str) and normalized(own) == name


def _index_name(root: PyProject) -> str:
    return next((index.name for index in root.indexes if index.name and not index.default), "NAME")


def _locked(project: LockedProject, lock: Lock, root: PyProject, number: int) -> Iterator[Problem]:
    """Whether a locked package comes from the index that its source names; without a source, from one that the project declares."""
    package = lock.packages[number]
    indexes = {index.name: index.url for one in project.projects.values() for index in one.indexes if index.name}
    sources = [source for one in (project.pyproject, root) for source in one.sources.get(package.name, ()) if source.kind == "index"]
    named = [str(source.option("index")) for source in sources] or [name for name, _url in indexes.items()]
    urls = {name: without_credentials(indexes[name].text).rstrip("/") for name in named if name in indexes}
    if without_credentials(package.source.location).rstrip("/") in urls.values():
        return
    place = inside(lock.place((*package.at, "source")), package.source.location)
    expected = " or ".join(f"`{name}`" for name in urls) or "an index of `[[tool.uv.index]]`"
    told = f"`{shown(package)}` is internal, but comes from {without_credentials(package.source.location)}, not from {expected}"
    related = tuple(Related(indexes[name].place, f"the index `{name}`") for name in urls)
    yield Problem(
        place, f'{told}; declare it with `{package.name} = {{ index = "…" }}` in `[tool.uv.sources]` and run `uv lock`', related=related
    )


_HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
_INDEX = '\n[[tool.uv.index]]\nname = "gpu"\nurl = {}\n'
_EXPLICIT = {"explicit-indexes": True}
_INTERNAL = {"internal-packages": ["team-*"]}
_BOUND = (
    _HEAD
    + 'dependencies = ["team-kit>=1"]\n'
    + _INDEX.format('"https://gpu.example/simple"')
    + 'explicit = true\n\n[tool.uv.sources]\nteam_kit = { index = "gpu" }\n'
)


def _lock(url: str) -> str:
    return (
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
        f'dependencies = [\n    {{ name = "team-kit" }},\n]\n\n[[package]]\nname = "team-kit"\nversion = "1.0"\nsource = {{ registry = "{url}" }}\n'
    )


_WORKFLOW = "on: push\nenv:\n  UV_INDEX_STRATEGY: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: {}\n"

RULE = Rule(
    code="SRC003",
    name="index-policy",
    severity=Severity.ERROR,
    subject=INDEX_SETTINGS,
    options=Options,
    check=check,
    examples=(
        Example("an unsafe strategy", {"pyproject.toml": _HEAD + '\n[tool.uv]\nindex-strategy = ⟦"unsafe-best-match"⟧\n', "uv.toml": '[pip]\nindex-strategy = ⟦"unsafe-first-match"⟧\n'}, message="remove it"),
        Example(
            "an unsafe strategy in a build and in a job",
            {
                "Dockerfile": "FROM base\n# UV_INDEX_STRATEGY=unsafe-best-match\nENV A=b UV_INDEX_STRATEGY=⟦unsafe-best-match⟧\nRUN uv pip install --index-strategy ⟦unsafe-first-match⟧ kit\n",
                ".github/workflows/ci.yml": _WORKFLOW.format("⟦unsafe-best-match⟧", "uv sync --index-strategy=⟦unsafe-best-match⟧"),
            },
        ),
        Example("a password", {"pyproject.toml": _HEAD + _INDEX.format('"https://⟦me:s3cret⟧@gpu.example/simple"'), "requirements.txt": "--extra-index-url https://⟦me:s3cret⟧@gpu.example/simple\nkit\n"}, message="holds credentials"),
        Example("http", {"uv.toml": 'index-url = "⟦http⟧://index.example/simple"\n', "constraints.txt": "-i ⟦http⟧://index.example/simple\n"}, message="over http"),
        Example("certificates that are not checked", {"requirements.txt": "--trusted-host ⟦index.example⟧\nkit\n", "Dockerfile": "FROM base\nRUN pip install --trusted-host=⟦index.example⟧ kit\nENV PIP_TRUSTED_HOST=⟦index.example⟧\n"}, message="turns off the check"),
        Example(
            "indexes that may serve everything",
            {
                "pyproject.toml": _HEAD + _INDEX.format('⟦"https://gpu.example/simple"⟧'),
                "requirements.txt": "--extra-index-url ⟦https://gpu.example/simple⟧\nkit\n",
                "Dockerfile": "FROM base\nARG PIP_EXTRA_INDEX_URL=⟦https://gpu.example/simple⟧\nRUN uv sync --index gpu=⟦https://gpu.example/simple⟧\n",
            },
            options=_EXPLICIT,
            message="explicit = true",
        ),
        Example("an internal package that any index may serve", {"pyproject.toml": _HEAD + 'dependencies = [⟦"team_kit[all]>=1"⟧, "kit"]\n' + _INDEX.format('"https://gpu.example/simple"')}, options=_INTERNAL, message='add `team-kit = { index = "gpu" }`'),
        Example("an internal package that the public index served", {"pyproject.toml": _BOUND, "uv.lock": _lock("⟦https://index.example/simple⟧")}, options=_INTERNAL, message="not from `gpu`"),
        Example("an internal package from its index", {"pyproject.toml": _BOUND, "uv.lock": _lock("https://gpu.example/simple")}, options=_INTERNAL),
        Example("an explicit index, and another default", {"pyproject.toml": _BOUND + _INDEX.format('"https://index.example/simple"').replace("gpu", "main") + "default = true\n"}, options=_EXPLICIT),
        Example("without a policy: a vendor's index beside the public one", {"pyproject.toml": _HEAD + _INDEX.format('"https://gpu.example/simple"'), "requirements.txt": "--extra-index-url https://gpu.example/simple\n", "Dockerfile": "FROM base\nRUN pip install --extra-index-url https://gpu.example/simple kit\n"}),
        Example("credentials in variables", {"Dockerfile": "FROM base\nRUN uv sync --index https://me:${TOKEN}@gpu.example/simple && pip install --index-url $URL kit\n", "requirements.txt": "--index-url https://${USER}:${TOKEN}@gpu.example/simple\n"}),
        Example("a neighbour in a container network", {"Dockerfile": "FROM base\nENV PIP_INDEX_URL=http://mirror:3141/simple PIP_TRUSTED_HOST=mirror\nRUN pip install --trusted-host localhost -i http://127.0.0.1:8000 kit\n"}),
        Example("uv's own strategy, and text", {"pyproject.toml": _HEAD + '\n[tool.uv]\nindex-strategy = "first-index"\n', "Dockerfile": "FROM base\nRUN echo --index-strategy unsafe-best-match\n"}),
        Example("a folder of wheels", {"requirements.txt": "--find-links wheels\nkit\n", "pyproject.toml": _HEAD + '\n[tool.uv]\nfind-links = ["wheels"]\n'}),
        Example("internal packages from elsewhere than an index", {"pyproject.toml": _HEAD + 'dependencies = ["team-kit @ https://index.example/team_kit-1.0.zip", "app[all]"]\n'}, options=_INTERNAL),
    ),
)  # fmt: skip
