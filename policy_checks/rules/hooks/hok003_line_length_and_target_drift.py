"""Formatters, linters and editors that are told different line lengths, or different Python versions.

Why: what one tool writes, another one then refuses or writes back: a pull request never gets green, or every commit moves lines.
A new contributor's editor breaks lines where the formatter joins them.

Fix: write one number everywhere, that of the formatter; for isort beside black or `ruff format` also `profile = "black"`, without which
the two rewrite each other's imports. Judged, folder by folder, are black, ruff, yapf, isort, pylint, flake8, pycodestyle and
.editorconfig (the sections about all Python files), with the arguments of pre-commit hooks. A default counts only for a tool that is
configured there, and that of a linter only where it is shorter. A tool whose check of line lengths is off has none, `B950` and
`lint.pycodestyle.max-line-length` of ruff may be longer. Minimum Python versions are compared here only where
no `requires-python` speaks for them (else HOK004 does).

References: guide section "Linting"; https://black.readthedocs.io/en/stable/guides/using_black_with_other_tools.html; https://editorconfig.org
"""

from collections.abc import Iterator

from policy_checks.readers.line_lengths import BLACK_HOOKS, Limit, Part, isort_profile_given, limits
from policy_checks.readers.python_targets import Target, targets
from policy_checks.readers.tool_settings import TOOL_SETTINGS, ToolSettings, ToolTable
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity

# isort 8, `profiles.py`: what is left as black writes it, or breaks no list of names at all.
_LIKE_BLACK = ("black", "plone", "appnexus", "attrs", "hug", "wemake", "google", "open_stack")
_NOT_LIKE_BLACK = ("django", "pycharm")


def check(settings: ToolSettings, _options: NoOptions) -> Iterator[Problem]:
    """Problems of one folder."""
    profile = [*_profile(settings)]
    yield from profile
    # The profile brings a length of its own.
    yield from _lengths(tuple(limit for limit in limits(settings) if not (profile and limit.tool == "isort" and limit.is_default)))
    yield from _targets(settings)


def _lengths(found: tuple[Limit, ...]) -> Iterator[Problem]:
    if not found:
        return
    first = found[0]
    for limit in found[1:]:
        if limit.value == first.value or (limit.may_be_longer and limit.value > first.value):
            continue
        if first.part is not Part.FORMATTER and (limit.is_default or first.is_default):
            continue
        related = tuple(Related(other.place, f"{other}") for other in found if other is not limit)
        yield Problem(
            limit.place,
            f"line length {limit.value} of {_named(limit)}, {first.value} of {_named(first)}: write one number",
            related=related,
        )


def _named(limit: Limit) -> str:
    return f"{limit.tool} (its default)" if limit.is_default else limit.tool


def _profile(settings: ToolSettings) -> Iterator[Problem]:
    """Whether isort would break imports otherwise than the formatter does."""
    table, formatter = settings.get("isort"), _formatter(settings)
    if table is None or not formatter or isort_profile_given(settings):
        return
    profile = table.text("profile")
    if profile is not None and (profile.text in _LIKE_BLACK or profile.text not in _NOT_LIKE_BLACK):
        return
    if not _breaks_like_black(table):
        place = profile.place if profile else table.place()
        yield Problem(place, f'isort and {formatter} rewrite each other\'s imports: write `profile = "black"` for isort')


def _formatter(settings: ToolSettings) -> str:
    ruff = settings.get("ruff")
    if "black" in settings or settings.hook(*BLACK_HOOKS):
        return "black"
    return "ruff format" if settings.hook("ruff-format") or (ruff and "format" in ruff.values) else ""


def _breaks_like_black(table: ToolTable) -> bool:
    """The same spelled out, or one name a line."""
    mode = str(table.values.get("multi_line_output", "")).upper()
    return table.flag("force_single_line") or (mode in ("3", "VERTICAL_HANGING_INDENT") and table.flag("include_trailing_comma"))


def _targets(settings: ToolSettings) -> Iterator[Problem]:
    own = settings.pyproject
    dynamic = own.document.get("project", "dynamic") if own else None
    if (own and (own.document.get("project", "requires-python") or "requires-python" in (dynamic or ()))) or "setuptools" in settings:
        return
    found: list[Target] = [target for target in targets(settings) if target.is_minimum]
    for target in found[1:]:
        first, lowest = found[0], min(target.versions)
        if lowest != min(found[0].versions):
            message = f"{target} starts at Python {_dotted(lowest)}, {first} at {_dotted(min(first.versions))}: write one version"
            yield Problem(target.place, message, related=(Related(first.place, f"{first}"),))


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


_BLACK = "[tool.black]\nline-length = 100\n"
_ISORT = '[tool.isort]\nprofile = "black"\n'

RULE = Rule(
    code="HOK003",
    name="line-length-and-target-drift",
    severity=Severity.WARNING,
    subject=TOOL_SETTINGS,
    check=check,
    examples=(
        Example(
            "three files, three numbers",
            {
                "pyproject.toml": f"{_BLACK}{_ISORT}line_length = ⟦119⟧\n",
                ".pylintrc": "[MAIN]\nmax-line-length=⟦120⟧\n",
                ".flake8": "[flake8]\nmax-line-length = 100  # as black\n",
                ".editorconfig": "root = true\n[*]\nindent_size = 4\n[*.{py,pyi}]\nmax_line_length = ⟦88⟧\n[*.md]\nmax_line_length = 72\n",
            },
            message="100 of black",
        ),
        Example("a default beside a number", {"pyproject.toml": f'{_BLACK}[tool.isort]\nprofile = "⟦black⟧"\n'}, message="its default"),
        Example("ruff and black", {"pyproject.toml": f"{_BLACK}[tool.ruff]\nline-length = ⟦120⟧\n"}),
        Example(
            "an argument of a hook",
            {
                "pyproject.toml": _BLACK,
                ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/pycqa/flake8\n  rev: 7.0.0\n  hooks:\n"
                "  - id: flake8\n    args: [--max-line-length=⟦80⟧]\n",
            },
        ),
        Example(
            "isort without the profile",
            {"pyproject.toml": f"{_BLACK}[⟦tool.isort⟧]\nline_length = 100\n"},
            message='`profile = "black"`',
        ),
        Example(
            "isort without anything",
            {"pyproject.toml": "[tool.black]\n[⟦tool.isort⟧]\natomic = true\n"},
            message='`profile = "black"`',
        ),
        Example(
            "minimum versions where nothing else says them",
            {"pyproject.toml": '[tool.ruff]\ntarget-version = "py312"\n\n[tool.black]\ntarget-version = ["⟦py310⟧"]\n'},
            message="write one version",
        ),
        Example(
            "one number everywhere",
            {
                "pyproject.toml": f"{_BLACK}{_ISORT}line_length = 100\n[tool.ruff]\nline-length = 100\n",
                ".editorconfig": "[*.py]\nmax_line_length = 100\n",
            },
        ),
        Example(
            "what ruff allows comments, what a linter leaves unmeasured, a longer default",
            {
                "pyproject.toml": "[tool.ruff]\nline-length = 88\n[tool.ruff.format]\n[tool.ruff.lint.pycodestyle]\nmax-line-length = 120\n"
                '[tool.pylint."messages control"]\ndisable = ["C0114"]\n',
                "setup.cfg": "[flake8]\nmax-line-length = 200\nextend-ignore = E501\n",
            },
        ),
        Example("a ruff that only lints", {"pyproject.toml": f'{_BLACK}[tool.ruff.lint]\nselect = ["S506"]\n'}),
        Example(
            "isort spelled out",
            {"pyproject.toml": f"{_BLACK}[tool.isort]\nline_length = 100\nmulti_line_output = 3\ninclude_trailing_comma = true\n"},
        ),
        Example(
            "isort's profile given to the hook",
            {
                "pyproject.toml": f"{_BLACK}[tool.isort]\nline_length = 100\n",
                ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/pycqa/isort\n  rev: 7.0.0\n  hooks:\n"
                '  - id: isort\n    args: ["--profile", "black"]\n',
            },
        ),
        Example("other folders are other projects", {"a/pyproject.toml": _BLACK, "b/pyproject.toml": "[tool.ruff]\nline-length = 79\n"}),
        Example("a formatter and isort, each by its profile", {"pyproject.toml": f"[tool.black]\n{_ISORT}"}),
        Example("one tool alone", {"setup.cfg": "[flake8]\nmax-line-length = 120\n"}),
    ),
)
