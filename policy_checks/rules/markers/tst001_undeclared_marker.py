"""A marker that is declared nowhere, or that belongs to no environment.

Why: a marker decides which tests run. pytest takes a misspelled one for a new one, and only warns: `flaky_in_dve` skips nothing, and a
job that selects by it runs nothing. Which marker is skipped in which image is policy, `skip-marker` of an environment.

Fix: correct the name; or declare it under `markers` in pytest's settings; or name it as the `skip-marker` of an environment. Judged are
repositories that declare any marker; those of pytest itself and of well-known plugins need no declaration. A repository whose
declarations only running it would tell is judged by its environments alone.

References: guide section "dev vs lts"; https://docs.pytest.org/en/stable/how-to/mark.html#registering-marks
"""

from collections.abc import Collection, Iterator, Mapping

from policy_checks.environment import Environment
from policy_checks.readers.pytest_markers import MARKERS, Marker, Markers
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity

_PYTEST = ("filterwarnings", "parametrize", "skip", "skipif", "tryfirst", "trylast", "usefixtures", "xfail")
# What plugins declare, each by the plugin that has it.
_PLUGINS = (
    *("anyio", "asyncio", "trio"),  # anyio, pytest-asyncio, pytest-trio
    *("django_db", "ignore_template_errors", "urls"),  # pytest-django
    *("flaky", "no_cover", "order", "repeat", "run", "timeout", "xdist_group"),  # rerunfailures, cov, order, repeat, timeout, xdist
    *("benchmark", "dependency", "hypothesis", "limit_leaks", "limit_memory", "mpl_image_compare", "remote_data"),
    *("allow_hosts", "block_network", "default_cassette", "disable_socket", "enable_socket", "freeze_time", "respx", "vcr"),
    *("qt_log_ignore", "qt_no_exception_capture", "sphinx", "thread_unsafe", "parallel_threads", "iterations"),
)


@record
class Options:
    """The environments, of which each may skip the tests that carry one marker."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(markers: Markers, options: Options) -> Iterator[Problem]:
    """One problem for each such marker, where it first stands."""
    skipped = {one.skip_marker: name for name, one in options.environments.items() if one.skip_marker}
    declared = _declared(markers)
    for name, uses in _unknown(markers, {*skipped, *(declared or ())}).items():
        foreign = _foreign(name, skipped)
        if foreign or declared:
            places = f" ({len(uses)} places)" if len(uses) > 1 else ""
            why = f"no environment skips `{name}`{places}: {foreign}" if foreign else f"`{name}`{places} is declared nowhere"
            yield Problem(uses[0].place, f"{why}; correct it, or add it to `markers` in the settings of pytest")
    yield from (problem for marker in markers.settings if (problem := _no_environment(marker, skipped)))
    for marker, environment in skipped.items() if declared else ():
        if marker not in (declared or ()):
            place = options.environments[environment].origin.place("skip-marker")
            yield Problem(
                place, f"`{marker}` is skipped in `{environment}` and declared nowhere; add it to `markers` in the settings of pytest"
            )


def _declared(markers: Markers) -> frozenset[str] | None:
    """The declared names; None where they cannot be known."""
    added = [name for file in markers.files for name in file.declared]
    if None in added:
        return None
    return frozenset({*(marker.name for marker in markers.settings), *(name for name in added if name)})


def _unknown(markers: Markers, known: Collection[str]) -> dict[str, list[Marker]]:
    """The markers in use that nobody declares, with their places; a file that may hold none is not parsed."""
    ignored = {*known, *_PYTEST, *_PLUGINS}
    found: dict[str, list[Marker]] = {}
    for file in markers.files:
        if not file.names <= ignored:
            for use in file.uses:
                if use.name not in ignored:
                    found.setdefault(use.name, []).append(use)
    return found


def _foreign(name: str, skipped: Mapping[str, str]) -> str:
    """Why a marker that is spelled as those of the environments is none of theirs; empty for any other."""
    for marker, environment in skipped.items():
        before, inside, after = marker.partition(environment)
        if inside and (before or after) and name.startswith(before) and name.endswith(after) and len(name) > len(before + after):
            return f"it is spelled like `{marker}` of `{environment}`, and there is no environment of its name"
    return ""


def _no_environment(marker: Marker, skipped: Mapping[str, str]) -> Problem | None:
    foreign = "" if marker.name in skipped else _foreign(marker.name, skipped)
    return Problem(marker.place, f"no environment skips `{marker.name}`: {foreign}") if foreign else None


_SETTINGS = '[tool.pytest.ini_options]\nmarkers = ["flaky: in lts", "flaky_in_dev: in dev"{more}]\n'
_IMAGES = {"environments": {"dev": {"skip-marker": "flaky_in_dev"}, "lts": {"skip-marker": "flaky"}}}


def _files(test: str, more: str = "", **files: str) -> dict[str, str]:
    return {"pyproject.toml": _SETTINGS.format(more=more), "tests/test_a.py": f"import pytest\n\n{test}\n", **files}


RULE = Rule(
    code="TST001",
    name="undeclared-marker",
    severity=Severity.WARNING,
    subject=MARKERS,
    check=check,
    options=Options,
    examples=(
        Example(
            "declared nowhere",
            _files("@pytest.mark.⟦experimental⟧\ndef test_a(): ...\n\npytestmark = [pytest.mark.experimental]"),
            message="`experimental` (2 places) is declared nowhere",
        ),
        Example(
            "misspelled, so that no image skips it",
            _files("pytestmark = pytest.mark.⟦flaky_in_dve⟧"),
            options=_IMAGES,
            message="there is no environment of its name",
        ),
        Example("declared, and of no environment", _files("", ', "⟦flaky_in_nightly: in nightly⟧"'), options=_IMAGES),
        Example("under other names", {**_files(""), "test_b.py": "from pytest import mark as m\n@m.⟦slow⟧\ndef test_b(): ...\n"}),
        Example("a skip-marker that is declared", _files("@pytest.mark.flaky_in_dev\ndef test_a(): ..."), options=_IMAGES),
        Example("declared with arguments", _files("@pytest.mark.gpus(2)\ndef test_a(): ...", ', "gpus(number): how many"')),
        Example("of pytest and of plugins", _files("@pytest.mark.parametrize('a', [1])\n@pytest.mark.asyncio\ndef test_a(a): ...")),
        Example(
            "declared by a conftest",
            _files("@pytest.mark.slow\ndef test_a(): ...")
            | {"conftest.py": "def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow: takes minutes')\n"},
        ),
        Example(
            "declarations that only running would tell",
            _files("@pytest.mark.slow\ndef test_a(): ...")
            | {"conftest.py": "def pytest_configure(config):\n    for one in MARKERS:\n        config.addinivalue_line('markers', one)\n"},
        ),
        Example("in a string and in a comment", _files("# pytest.mark.slow\ntext = 'pytest.mark.slow'")),
        Example("nothing is declared", {"test_a.py": "import pytest\n@pytest.mark.slow\ndef test_a(): ...\n"}),
        Example(
            "in pytest.ini, one a line",
            {"pytest.ini": "[pytest]\nmarkers =\n    slow: takes minutes\n", "test_a.py": "import pytest\npytestmark = pytest.mark.slow\n"},
        ),
    ),
)
