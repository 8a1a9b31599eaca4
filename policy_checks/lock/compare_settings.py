"""Comparisons of a lock with resolver settings and Python range: uv's `ValidatedLock::validate` (uv-lock-operations)."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from policy_checks.lock import conflicts, markers, specifiers
from policy_checks.lock.comparison import Comparison, stale
from policy_checks.lock.differences import Difference, Verdict
from policy_checks.lock.markers import FALSE, TRUE, InvalidMarker, Marker, and_, negate, or_
from policy_checks.lock.moments import Cutoff, cutoff, stricter
from policy_checks.lock.validity import ConflictItem, ConflictSet, environment_texts, marker
from policy_checks.readers.names import normalized
from policy_checks.readers.table import Text
from policy_checks.source import Place, Unreadable


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference between the settings of a project and those that its lock was made with."""
    yield from _modes(comparison)
    yield from _exclude_newer(comparison)
    yield from _python(comparison)
    yield from _coverage(comparison)
    yield from _environments(comparison)
    yield from _conflicts(comparison)
    yield from _undecidable(comparison)


def _place(comparison: Comparison, key: str) -> Place:
    settings = comparison.settings
    table = comparison.workspace.pyproject.uv if settings.table is None or settings.passed_over else settings.table
    return table.place(settings.passed_over or key)


def _because(comparison: Comparison, change: str) -> str:
    """Why uv resolves anew; a setting can be lost by a fault in another one."""
    lost = comparison.settings.passed_over
    hint = f" (uv passes over all settings in `[tool.uv]`, because it does not know `{lost}` or its value)" if lost else ""
    return f"uv resolves anew because {change}{hint}"


def _modes(comparison: Comparison) -> Iterator[Difference]:
    settings, options = comparison.settings, comparison.lock.options
    pairs = (
        ("resolution", settings.resolution, options.resolution_mode or "highest", "resolution-mode"),
        ("fork-strategy", settings.fork_strategy, options.fork_strategy or "requires-python", "fork-strategy"),
        ("prerelease", settings.prerelease, options.prerelease_mode or "if-necessary", "prerelease-mode"),
    )
    for key, declared, locked, locked_key in pairs:
        if declared != locked:
            yield stale(
                f"tool.uv.{key}", declared, locked, _place(comparison, key), _because(comparison, f"`{key}` changed"),
                comparison.lock.place(("options", locked_key)),
            )  # fmt: skip
    packages = {normalized(name): mode for name, mode in options.prerelease_package.items()}
    if dict(settings.prerelease_package) != packages:
        yield stale(
            "tool.uv.prerelease-package", _shown(settings.prerelease_package), _shown(packages), _place(comparison, "prerelease-package"),
            _because(comparison, "`prerelease-package` changed"), comparison.lock.place(("options", "prerelease-package")),
        )  # fmt: skip
    libc = comparison.workspace.pyproject.uv.values.get("minimum-libc-version")
    if libc != options.minimum_libc_version:
        yield stale(
            "tool.uv.minimum-libc-version", _shown(libc), _shown(options.minimum_libc_version),
            comparison.workspace.pyproject.uv.place("minimum-libc-version"), "uv resolves anew because the minimum libc version changed",
            comparison.lock.place(("options", "minimum-libc-version")),
        )  # fmt: skip


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {inner}" for key, inner in sorted(value.items()))
    return "" if value is None else str(value)


def _exclude_newer(comparison: Comparison) -> Iterator[Difference]:
    settings, options = comparison.settings, comparison.lock.options
    written = options.exclude_newer_span or options.exclude_newer
    before = None if written is None else cutoff(written)
    now = settings.exclude_newer
    if (before is None) != (now is None) or (before is not None and now is not None and stricter(before, now)):
        yield _newer(comparison, "exclude-newer", _setting(comparison, "exclude-newer"), written or "", ("options", "exclude-newer"))
    # A cutoff for a package that the lock neither holds nor remembers takes effect at the next resolution.
    remembered = {normalized(name): _locked_cutoff(value) for name, value in options.exclude_newer_package.items()}
    chosen = settings.exclude_newer_package
    for name in sorted({*remembered, *(name for name in chosen if name in comparison.lock.by_name)}):
        if _package_changed(name, remembered, chosen):
            at = ("options", "exclude-newer-package", name)
            declared = _shown((comparison.settings.table.values if comparison.settings.table else {}).get("exclude-newer-package"))
            yield _newer(comparison, "exclude-newer-package", declared, _shown(options.exclude_newer_package), at, name)


def _package_changed(name: str, remembered: Mapping[str, Cutoff | None], chosen: Mapping[str, Cutoff | None]) -> bool:
    now = chosen.get(name)
    if name not in remembered:
        return now is not None
    before = remembered[name]
    if name not in chosen:
        return True
    return now is not None and (before is None or stricter(before, now))


def _locked_cutoff(value: object) -> Cutoff | None:
    if isinstance(value, dict):
        return cutoff(str(value.get("span") or value.get("timestamp")))
    return cutoff(value) if isinstance(value, str) else None


def _setting(comparison: Comparison, key: str) -> str:
    table = comparison.settings.table
    return "" if table is None else _shown(table.values.get(key))


def _newer(comparison: Comparison, key: str, declared: str, locked: str, at: tuple[str, ...], package: str = "") -> Difference:
    about = f" of `{package}`" if package else ""
    message = _because(comparison, f"the cutoff{about} for release dates changed")
    return stale(f"tool.uv.{key}", declared, locked, _place(comparison, key), message, comparison.lock.place(at))


def _python(comparison: Comparison) -> Iterator[Difference]:
    """requires-python counts as the intersection over all members, and only by its lowest and highest release."""
    texts = _pythons(comparison)
    locked = comparison.lock.requires_python
    if not texts:
        yield from _no_python(comparison)
        return
    if all(text.text == locked for text in texts):
        return
    declared = ",".join(text.text for text in texts)
    python = markers.from_requires_python(declared)
    if python is TRUE and _is_empty(declared):  # an empty range has no bounds, so it looks like the whole one
        raise texts[-1].refused("no Python version satisfies the requires-python of every member")
    if python is not comparison.under:
        yield _python_changed(comparison, texts[0].place if len(texts) == 1 else _deciding(texts).place, declared)


def _pythons(comparison: Comparison) -> list[Text]:
    """The requires-python of every member that declares one."""
    projects = [member.pyproject.project for member in comparison.workspace.members.values()]
    return [project.requires_python for project in projects if project is not None and project.requires_python is not None]


def _deciding(texts: list[Text]) -> Text:
    """The member whose bound is the intersection's, for the finding to point at; the first where several share it."""
    whole = markers.from_requires_python(",".join(text.text for text in texts))
    return next((text for text in texts if markers.from_requires_python(text.text) is whole), texts[0])


def _python_changed(comparison: Comparison, place: Place, declared: str) -> Difference:
    lock = comparison.lock
    message = "uv resolves anew because the range of supported Python versions changed"
    return stale("requires-python", declared, lock.requires_python, place, message, lock.place(("requires-python",)))


def _is_empty(specifier: str) -> bool:
    whole = TRUE
    for clause in specifiers.clauses(specifier):
        version = ".".join(map(str, clause.version.release)) + (".*" if clause.star else "")
        operator = "==" if clause.operator == "===" else clause.operator
        whole = and_(whole, markers.parse(f"python_full_version {operator} '{version}'"))
    return whole is FALSE


def _no_python(comparison: Comparison) -> Iterator[Difference]:
    """Without requires-python uv takes the minor version of the interpreter that it finds."""
    lock = comparison.lock
    place = comparison.workspace.pyproject.document.place("project")
    if comparison.python is not None:
        if markers.from_requires_python(f">={comparison.python}") is not comparison.under:
            yield _python_changed(comparison, place, f">={comparison.python} (of the interpreter, as none is declared)")
    elif not _is_minor(lock.requires_python):
        yield _python_changed(comparison, place, ">= the interpreter's minor version, as none is declared")


def _is_minor(text: str) -> bool:
    found = specifiers.clauses(text)
    return len(found) == 1 and found[0].operator == ">=" and len(found[0].version.release) <= 2


def _coverage(comparison: Comparison) -> Iterator[Difference]:
    """The forks of a lock have to cover all that it supports: a hand edit can break that."""
    lock, under = comparison.lock, comparison.under
    if not lock.resolution_markers:
        return
    forks = or_(*[markers.complexify(_without_extras(_parsed(comparison, text)), under) for text in lock.resolution_markers])
    supported = (
        or_(*[markers.complexify(_parsed(comparison, text), under) for text in lock.supported_markers]) if lock.supported_markers else under
    )
    if and_(negate(forks), and_(supported, under)) is not FALSE:
        place = lock.place(("resolution-markers",))
        yield stale(
            "resolution-markers", "", " | ".join(lock.resolution_markers), place, "the lock's forks do not cover what it supports", place
        )


def _parsed(comparison: Comparison, text: str) -> Marker:
    try:
        return markers.parse(text)
    except InvalidMarker as error:
        place = comparison.lock.place(("resolution-markers",))
        raise Unreadable(place.file, place.span, str(error)) from None


def _without_extras(marker: Marker) -> Marker:
    for extra in markers.extras_of(marker):
        marker = or_(markers.restrict_extras(marker, {extra: True}), markers.restrict_extras(marker, {extra: False}))
    return marker


def _environments(comparison: Comparison) -> Iterator[Difference]:
    lock, own = comparison.lock, comparison.workspace.pyproject
    for key, locked, locked_key in (
        ("environments", lock.supported_markers, "supported-markers"),
        ("required-environments", lock.required_markers, "required-markers"),
    ):
        texts = environment_texts(own, key)
        found = [(text, marker(text)) for text in texts]
        for (_before, left), (text, right) in pairwise(found):
            if and_(left, right) is not FALSE:
                raise text.refused(f"two of `{key}` overlap; each has to exclude the others")
        if tuple(text.text for text in texts) == locked:
            continue
        declared = [markers.simplify(meant, comparison.under) for _text, meant in found]
        if declared != [markers.simplify(_parsed(comparison, text), comparison.under) for text in locked]:
            message = f"uv resolves anew because `{key}` changed (their order counts)"
            yield stale(
                f"tool.uv.{key}", " | ".join(text.text for text in texts), " | ".join(locked), own.uv.place(key), message,
                lock.place((locked_key,)),
            )  # fmt: skip
    _check_reachable(comparison)


def _check_reachable(comparison: Comparison) -> None:
    """Refuses an environment that no supported Python can be."""
    python = markers.from_requires_python(",".join(text.text for text in _pythons(comparison)))
    if not _pythons(comparison):
        python = comparison.under
    for text in environment_texts(comparison.workspace.pyproject, "environments"):
        if and_(marker(text), python) is FALSE:
            raise text.refused("no supported Python version can be this environment")


def _conflicts(comparison: Comparison) -> Iterator[Difference]:
    """Declared sets count in their order, those that follow from `include-group` do not."""
    given, locked = conflicts.declared(comparison.workspace), conflicts.locked(comparison.lock)
    whole, count = given.sets + given.inferred, len(given.sets)
    if len(whole) == len(locked) and given.sets == locked[:count] and set(given.inferred) == set(locked[count:]):
        return
    yield stale(
        "tool.uv.conflicts", _shown_sets(whole), _shown_sets(locked), comparison.workspace.pyproject.uv.place("conflicts"),
        "uv resolves anew because the conflicting extras and groups changed", comparison.lock.place(("conflicts",)),
    )  # fmt: skip


def _shown_sets(sets: list[ConflictSet]) -> str:
    return "; ".join(" + ".join(_shown_item(item) for item in sorted(some)) for some in sets)


def _shown_item(item: ConflictItem) -> str:
    package, extra, group = item
    return f"{package}[{extra}]" if extra else f"{package}:{group}" if group else package


def _undecidable(comparison: Comparison) -> Iterator[Difference]:
    settings = comparison.settings
    reasons = []
    if settings.upgrades:
        reasons.append(("upgrade", "the settings ask for an upgrade at every lock: only the index tells whether there is one"))
    if settings.preview:
        reasons.append((settings.preview, f"the preview feature `{settings.preview}` changes what a fresh lock is"))
    for key, message in reasons:
        yield Difference(Verdict.UNKNOWN, f"tool.uv.{key}", "", "", _place(comparison, key), message)
