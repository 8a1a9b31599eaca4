"""Places that pin uv, and do not agree.

Why: uv's resolver, the revision of uv.lock and what `--locked` accepts change between releases. A lock written by one uv
is rewritten by the next, and an image, a CI job and a hook that each have a uv of their own tell different people
different things about the same project.

Fix: pin the same release in every place; `required-version` in `[tool.uv]` then refuses any other. When that pins one
release, it is what all others are compared with; else it is the one that most places install. Compared is what a place
*installs*: an exact version installs that one, a range the newest that it accepts. So `uv<0.9.29` is a drift from a
pinned 0.7.2 although the range accepts it, and `uv<=0.7.2` is none. A range that only says what may run
(`required-version`) agrees with every release that it accepts. Pins are: the variable UV_VERSION, installer and download
URLs, uv's images, `pip install uv==…` and its like in code and documentation, requirements files, the input of setup-uv,
the `rev` of uv-pre-commit. What installs no uv for this repository is none: constraints files, requirements of a library
on the package uv, uv.lock, `uv_build`. An install without any version is PIP005's.

References: guide section "Dependency management"; https://docs.astral.sh/uv/reference/settings/#required-version
"""

from collections import Counter
from collections.abc import Iterator

from policy_checks.readers.uv_pins import UV_PINS, UvPin, UvPins
from policy_checks.readers.uv_releases import Order, accepts, installed, order
from policy_checks.rule import Example, Fix, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Edit


def check(found: UvPins, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each place that disagrees; all others are its related places."""
    installs = [pin for pin in found.pins if not pin.bound]
    authority = next((pin for pin in found.pins if pin.bound and _is_exact(pin) and "/" not in pin.place.file.path), None)
    if authority is None and not installs:
        return
    common = installed((authority or _usual(installs)).written)
    for pin in found.pins:
        agrees = _accepts(pin, common) if pin.bound else installed(pin.written) == common
        if not agrees:
            others = tuple(other for other in found.pins if other is not pin)
            yield Problem(pin.place, _message(pin, common, others, authority), _fix(pin, common), tuple(map(_related, others)))


def _usual(pins: list[UvPin]) -> UvPin:
    """A pin of the release that most places install; of several a single release rather than a range, and the newest."""
    count = Counter(installed(pin.written) for pin in pins)

    def weight(pin: UvPin) -> tuple[int, bool, Order]:
        release = installed(pin.written)
        return count[release], order(release).exact, order(release)

    return max(pins, key=weight)


def _is_exact(pin: UvPin) -> bool:
    return order(pin.written).exact and installed(pin.written) == pin.written


def _accepts(bound: UvPin, common: str) -> bool:
    """Whether a `required-version` lets the common release run; one that is no single release cannot be judged."""
    return not order(common).exact or accepts(bound.written, common)


def _message(pin: UvPin, common: str, others: tuple[UvPin, ...], authority: UvPin | None) -> str:
    same = sum(not other.bound and installed(other.written) == common for other in others)
    places = f"{same} other place{'s' * (same != 1)} {'install' if same != 1 else 'installs'}"
    release = common if order(common).exact else _range(common)
    if pin.bound:
        return f"`required-version` refuses uv {common}, which {places}: change one of them"
    wanted = f"`required-version` is {common}" if authority is not None else f"{places} {release}"
    here = (
        f"uv {pin.written} ({pin.called})" if _is_exact(pin) else f"`{pin.written}` ({pin.called}) installs the newest uv that it accepts"
    )
    return f"{here}, but {wanted}; pin {'it' if order(common).exact else 'one release'} in every place"


def _range(common: str) -> str:
    return f"the newest uv {common}" if common else "the newest uv"


def _related(pin: UvPin) -> Related:
    return Related(pin.place, f"{pin.called}: {pin.written}")


def _fix(pin: UvPin, common: str) -> Fix | None:
    """The common release in place of this one: unsafe, because the other places may be the ones that are behind."""
    if pin.bound or pin.fixed or not order(common).exact:
        return None
    operator = "==" if pin.written[0] in "<>~!=" else ""
    return Fix(f"pin uv {common}", ((pin.place.file, Edit(pin.place.span, operator + common)),), safe=False)


_STEP = "jobs:\n  a:\n    steps:\n      - uses: astral-sh/setup-uv@v8\n        with:\n          version: {}\n"
_HOOKS = "repos:\n  - repo: https://git.example/astral-sh/uv-pre-commit\n    rev: {}\n    hooks: [{{id: uv-lock}}]\n"
_REQUIRED = '[tool.uv]\nrequired-version = "{}"\n'
_DOCKERFILE = "FROM base\nARG UV_VERSION={}\nRUN curl -LsSf https://astral.sh/uv/${{UV_VERSION}}/install.sh | sh\n"

RULE = Rule(
    code="PIP008",
    name="uv-version-drift",
    severity=Severity.WARNING,
    subject=UV_PINS,
    check=check,
    needles=("uv",),
    examples=(
        Example(
            "a range beside a pinned release, which it accepts",
            {"Dockerfile": _DOCKERFILE.format("0.7.2"), "install.sh": 'UV_VERSION="0.7.2"\npip install "uv⟦<0.9.29⟧"\n'},
            fixed={"install.sh": 'UV_VERSION="0.7.2"\npip install "uv==0.7.2"\n'},
            message="installs the newest uv that it accepts, but 2 other places install 0.7.2",
        ),
        Example(
            "the one that most places install",
            {
                ".github/workflows/ci.yml": _STEP.format('"0.7.2"'),
                ".pre-commit-config.yaml": _HOOKS.format("⟦0.6.2⟧"),
                "Dockerfile": "FROM base\nCOPY --from=ghcr.io/astral-sh/uv:0.7.2 /uv /bin/\nCOPY --from=ghcr.io/astral-sh/uv:⟦0.7⟧-alpine /uv /bin/\n",
            },
            fixed={
                ".pre-commit-config.yaml": _HOOKS.format("0.7.2"),
                "Dockerfile": "FROM base\nCOPY --from=ghcr.io/astral-sh/uv:0.7.2 /uv /bin/\nCOPY --from=ghcr.io/astral-sh/uv:0.7.2-alpine /uv /bin/\n",
            },
            message="but 2 other places install 0.7.2; pin it in every place",
        ),
        Example(
            "`required-version` decides",
            {
                "pyproject.toml": _REQUIRED.format("==0.9.0"),
                "README.md": "```bash\npip install uv==⟦0.7.2⟧\ncurl -LsSf https://astral.sh/uv/⟦0.7.2⟧/install.sh | sh\n```\n",
            },
            fixed={"README.md": "```bash\npip install uv==0.9.0\ncurl -LsSf https://astral.sh/uv/0.9.0/install.sh | sh\n```\n"},
            message="`required-version` is 0.9.0",
        ),
        Example(
            "`required-version` refuses what is installed",
            {"pyproject.toml": _REQUIRED.format("⟦>=0.9⟧"), "requirements.txt": "uv==0.7.2\n"},
            message="`required-version` refuses uv 0.7.2, which 1 other place installs",
        ),
        Example(
            "all agree",
            {
                "Dockerfile": _DOCKERFILE.format("0.7.2"),
                ".github/workflows/ci.yml": _STEP.format("0.7.2"),
                ".pre-commit-config.yaml": _HOOKS.format("0.7.2"),
                "pyproject.toml": _REQUIRED.format("~=0.7.2"),
                "README.md": "`pip install uv==0.7.2`\n",
            },
        ),
        Example(
            "a range that ends at the pinned release",
            {"a.sh": "pip install 'uv<=0.7.2'\npip install 'uv>=0.6,<0.7.3'\nUV_VERSION=0.7.2\n"},
        ),
        Example("a single place", {"a.sh": "pip install 'uv>=0.5'\n"}),
        Example(
            "the version of something else",
            {"a.sh": "LIBUV_VERSION=1.44.2\nUV_VERSION=0.7.2\npip install uvicorn==0.30.0 uvloop==0.19.0\n"},
        ),
        Example(
            "what installs nothing", {"a.sh": "UV_VERSION=0.7.2\n# UV_VERSION=0.5.0\necho uv==0.6.0\n", "constraints.txt": "uv==0.5.0\n"}
        ),
        Example(
            "an install without a version is another matter",
            {"a.sh": "UV_VERSION=0.7.2\npip install uv\ncurl https://astral.sh/uv/install.sh | sh\n"},
        ),
        Example("a version from a variable", {"a.sh": 'UV_VERSION=0.7.2\npip install "uv==${UV_VERSION}"\npip install "uv==$OTHER"\n'}),
        Example("the past", {"CHANGELOG.md": "- `pip install uv==0.5.0` was replaced\n", "a.sh": "pip install uv==0.7.2\n"}),
    ),
)  # fmt: skip
