"""A locked artifact that was uploaded too short a time before, or a cooldown that only one machine knows.

Why: a hijacked release is mostly found within days, so a lock that waits a week is spared most of them. uv's
`exclude-newer` only bends a resolution: what is locked already, or was locked on a machine without the setting, is
never looked at again. And a cutoff from somebody's environment (`UV_EXCLUDE_NEWER`, a uv.toml in the home directory)
ends up in the lock, where it makes the lock stale for everybody else.

Fix: wait, or set `exclude-newer = "7 days"` in `[tool.uv]` and run `uv lock`; a package whose releases are trusted goes
into `cooldown-exempt`. Age is judged at the date of the commit that holds the lock, never by the wall clock: what was
good stays good. Only a lock that is not committed as it stands is judged by today.

References: PEP 700 (`upload-time`); https://docs.astral.sh/uv/reference/settings/#exclude-newer; astral-sh/uv#19408
"""

from collections.abc import Iterator
from datetime import timedelta

from policy_checks.lock.allowances import unused
from policy_checks.lock.dated_lock import DATED_LOCK, DatedLock
from policy_checks.lock.integrity.artifacts import inside, shown
from policy_checks.lock.list_scopes import any_of
from policy_checks.lock.locked_project import locked_at
from policy_checks.readers.names import normalized
from policy_checks.readers.uv_lock import Package
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Place

_CENTURY = 36500  # days; no artifact is older, and a date has to stay one


@record
class Options:
    """How old an artifact has to be, and which packages need not be."""

    cooldown_days: int = 0  # 0: no age is judged
    cooldown_exempt: tuple[str, ...] = ()  # names or globs, in any spelling of PEP 503


def check(lock: DatedLock, options: Options) -> Iterator[Problem]:
    """One problem for each package that is too young, for all whose age is not told, and for each cutoff that leaked."""
    yield from _leaked(lock)
    if options.cooldown_days <= 0 or lock.date is None:
        return
    for place, told in unused(lock.workspace, lock.around.lock, "cooldown-exempt", options.cooldown_exempt):
        yield Problem(place, told)
    locked = lock.around.lock.packages
    judged = [
        (one, lock.uploaded(one)) for one in locked if one.source.kind == "registry" and not any_of(options.cooldown_exempt, one.name)
    ]
    yield from _undated(lock, [package for package, times in judged if None in times])
    for package, times in judged:
        known = [time for time in times if time]
        if known and lock.date - max(known) < timedelta(days=min(options.cooldown_days, _CENTURY)):
            yield _young(lock, package, times.index(max(known)), options)


def _young(lock: DatedLock, package: Package, number: int, options: Options) -> Problem:
    artifact = lock.around.lock.artifacts(package)[number]
    when, date, days = lock.uploaded(package)[number], lock.date, options.cooldown_days
    assert when is not None  # see above
    assert date is not None
    age = (date - when).days
    told = f"{age} day{'s' * (age != 1)} before this lock" if when <= date else "after this lock"
    message = f"{shown(package)} was uploaded {told} ({when:%Y-%m-%d}, the lock is of {date:%Y-%m-%d}); `cooldown-days` is {days}"
    declared = lock.around.settings is not None and lock.around.settings.exclude_newer is not None
    first = "" if declared else f'set `exclude-newer = "{days} days"` in `[tool.uv]` and '
    todo = f"{first}run `uv lock --upgrade-package {package.name}`, or add `{package.name}` to `cooldown-exempt`"
    return Problem(inside(Place(lock.around.lock.file, artifact.span), artifact.upload_time or ""), f"{message}: {todo}")


def _undated(lock: DatedLock, undated: list[Package]) -> Iterator[Problem]:
    """What cannot be judged is told, once for a lock."""
    if undated:
        told = f"{shown(undated[0])} was" if len(undated) == 1 else f"{shown(undated[0])} and {len(undated) - 1} more were"
        message = f"the lock does not say when {told} uploaded, so that `cooldown-days` cannot be judged"
        todo = "run `uv lock` with uv 0.7 or later; what an index without upload times serves goes into `cooldown-exempt`"
        yield Problem(locked_at(lock.around.lock, undated[0]), f"{message}: {todo}")


def _leaked(lock: DatedLock) -> Iterator[Problem]:
    options, settings = lock.around.lock.options, lock.around.settings
    if settings is None or settings.passed_over:
        return  # no project to compare with, or one that LCK002 speaks of
    if settings.exclude_newer is None and (options.exclude_newer_span or options.exclude_newer):
        key = "exclude-newer-span" if options.exclude_newer_span else "exclude-newer"
        setting = f'exclude-newer = "{options.exclude_newer_span or options.exclude_newer}"'
        yield Problem(lock.around.lock.place(("options", key)), _told(setting, "`UV_EXCLUDE_NEWER`, a uv.toml in the home directory"))
    for name in options.exclude_newer_package:
        if normalized(name) not in settings.exclude_newer_package:
            place = lock.around.lock.place(("options", "exclude-newer-package", name))
            yield Problem(place, _told(f"exclude-newer-package.{name}", "a uv.toml in the home directory"))


def _told(setting: str, origin: str) -> str:
    told = f"the lock was made with `{setting}`, which the project does not declare: unless it was taken out since, it came from somebody's"
    return f"{told} environment ({origin}); declare it in `[tool.uv]`, or unset it there and run `uv lock`"


_HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
_PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'


def _package(name: str, *times: str, source: str = '{ registry = "https://index.example/simple" }') -> str:
    wheels = [
        f'    {{ url = "https://files.example/{name}-1.0-{number}-py3-none-any.whl", hash = "sha256:{number:064}", size = 9'
        + (f', upload-time = "{time}"' if time else "")
        + " },\n"
        for number, time in enumerate(times)
    ]
    return f'\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {source}\nwheels = [\n{"".join(wheels)}]\n'


_WEEK = {"cooldown-days": 7}
_YOUNG = _package("idna", "2025-12-30T08:00:00Z")

RULE = Rule(
    code="SRC004",
    name="too-young",
    severity=Severity.ERROR,
    subject=DATED_LOCK,
    check=check,
    options=Options,
    examples=(
        Example(
            "two days old",
            {"uv.lock": _HEAD + _package("idna", "⟦2025-12-30T08:00:00Z⟧")},
            options=_WEEK,
            message="idna 1.0 was uploaded 1 day before this lock (2025-12-30, the lock is of 2026-01-01); `cooldown-days` is 7: set `exclude",
        ),
        Example(
            "an old release that got a new wheel",
            {"uv.lock": _HEAD + _package("idna", "2020-01-01T00:00:00Z", "⟦2025-12-26T00:00:00.125Z⟧")},
            options=_WEEK,
            message="5 days before",
        ),
        Example(
            "a time in the future",
            {"uv.lock": _HEAD + _package("idna", "⟦2030-01-01T00:00:00Z⟧")},
            options=_WEEK,
            message="uploaded after this lock",
        ),
        Example(
            "an index that does not say",
            {
                "uv.lock": (_HEAD + _package("idna", "", "2020-01-01T00:00:00Z") + _package("six", "")).replace(
                    'name = "idna"', '⟦name = "idna"⟧'
                )
            },
            options=_WEEK,
            message="idna 1.0 and 1 more",
        ),
        Example(
            "a cutoff that came from somebody's environment",
            {"pyproject.toml": _PROJECT, "uv.lock": _HEAD + '\n[options]\nexclude-newer = ⟦"2025-06-01T00:00:00Z"⟧\n'},
            message="unset it there and run `uv lock`",
        ),
        Example(
            "a package's cutoff that came from somebody's environment",
            {
                "pyproject.toml": _PROJECT + '[tool.uv.exclude-newer-package]\nsix = "2025-06-01T00:00:00Z"\n',
                "uv.lock": _HEAD + '\n[options.exclude-newer-package]\nidna = ⟦"2025-06-02T00:00:00Z"⟧\nsix = "2025-06-01T00:00:00Z"\n',
            },
            message="`exclude-newer-package.idna`",
        ),
        Example(
            "an exemption for a package that is no longer locked",
            {
                "policy-checks.toml": 'cooldown-days = 7\ncooldown-exempt = [\n    "idna",\n    ⟦"our-*"⟧,\n]\n',
                "uv.lock": _HEAD + _YOUNG,
            },
            message="`cooldown-exempt` names `our-*`",
        ),
        Example("no policy", {"uv.lock": _HEAD + _YOUNG}),
        Example("old enough", {"uv.lock": _HEAD + _package("idna", "2025-12-24T23:59:00Z")}, options=_WEEK),
        Example("an exempt package", {"uv.lock": _HEAD + _YOUNG}, options={**_WEEK, "cooldown-exempt": ["Id*"]}),
        Example(
            "a URL of the project's own choice",
            {"uv.lock": _HEAD + _package("idna", "", source='{ url = "https://files.example/idna-1.0-py3-none-any.whl" }')},
            options=_WEEK,
        ),
        Example(
            "a cutoff that the project declares",
            {
                "pyproject.toml": _PROJECT + '[tool.uv]\nexclude-newer = "2025-06-01T00:00:00Z"\n',
                "uv.lock": _HEAD + '\n[options]\nexclude-newer = "2025-06-01T00:00:00Z"\n',
            },
        ),
        Example(
            "a cutoff of one package that the project lifts",
            {
                "pyproject.toml": _PROJECT + '[tool.uv]\nexclude-newer = "2025-06-01T00:00:00Z"\nexclude-newer-package = { Six = false }\n',
                "uv.lock": _HEAD + '\n[options]\nexclude-newer = "2025-06-01T00:00:00Z"\n\n[options.exclude-newer-package]\nsix = false\n',
            },
        ),
        Example(
            "a span that uv.toml declares",
            {
                "pyproject.toml": _PROJECT,
                "uv.toml": 'exclude-newer = "1 week"\n',
                "uv.lock": _HEAD + '\n[options]\nexclude-newer = "0001-01-01T00:00:00Z"\nexclude-newer-span = "P1W"\n',
            },
        ),
    ),
)
