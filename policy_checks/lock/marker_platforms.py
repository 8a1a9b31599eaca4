"""What is known of platforms: combinations of os_name, sys_platform and platform_system that cannot occur, values that exist."""

from functools import cache

from policy_checks.lock.marker_comparisons import string_comparison
from policy_checks.lock.marker_diagram import FALSE, LAST_PLATFORM_KEY, TRUE, Marker, combine, decision, negation, overlay, with_children

_canonical: dict[Marker, Marker] = {}


@cache
def _exclusions() -> Marker:
    """The disjunction of known incompatible pairs (uv: `marker/algebra/platform.rs`)."""
    pairs = [("os_name", "nt", name) for name in ("linux", "darwin", "ios")] + [("os_name", "posix", "win32")]
    names = ("aix", "android", "emscripten", "ios", "linux", "darwin", "win32", "cygwin", "wasi")
    pairs += [("platform_system", system, name) for system in ("FreeBSD", "NetBSD", "OpenBSD", "SunOS") for name in names]
    pairs += [("platform_system", system, name) for system in ("iOS", "iPadOS") for name in names if name != "ios"]
    result = FALSE
    for key, value, name in pairs:
        pair = combine(string_comparison(key, "==", value), string_comparison("sys_platform", "==", name), FALSE)
        result = combine(result, pair, TRUE)
    return result


def canonicalized(marker: Marker) -> Marker:
    """The one diagram for all functions that agree wherever the exclusions do not hold."""
    if not marker.mixed:
        return marker
    found = _canonical.get(marker)
    if found is None:
        found = _cofactor(marker, negation(_exclusions()), {})
        if found.mixed:
            found = with_children(found, canonicalized)
        _canonical[marker] = found
    return found


def _cofactor(value: Marker, domain: Marker, memo: dict[tuple[Marker, Marker], Marker]) -> Marker:
    """Extends a marker from the possible platforms to all: impossible ranges take the first range's child.

    The first range of a platform key (below every named value) allows whatever any other range allows.
    """
    if domain is TRUE or value.variable > LAST_PLATFORM_KEY:
        return value
    found = memo.get((value, domain))
    if found is not None:
        return found
    first_domain = domain.children[0]
    if value.variable < domain.variable:
        found = with_children(value, lambda child: _cofactor(child, domain, memo))
    elif value.variable > domain.variable:
        found = _cofactor(value, first_domain, memo)
    else:
        first = value.children[0]
        default = _cofactor(first, first_domain, memo)

        def extend(child: Marker, enabled: Marker) -> Marker:
            if enabled is FALSE or child is first:
                return default
            result = _cofactor(child, enabled, memo)
            if enabled is not first_domain and result is _cofactor(default, enabled, memo):
                return default
            return result

        found = overlay(value, domain, extend)
    memo[value, domain] = found
    return found


# Values that exist (Python's documentation of os.name, sys.platform and platform.system, and its
# ports); the ones that carry a release have a family prefix.
_KNOWN: dict[int, tuple[str, ...]] = {
    0: ("posix", "nt", "java"),
    1: ("aix", "android", "cygwin", "darwin", "emscripten", "haiku1", "ios", "linux", "linux2", "linux3", "msys", "tvos", "wasi",
        "wasm", "watchos", "win32", "zos"),
    2: ("", "AIX", "Android", "Darwin", "DragonFly", "Emscripten", "FreeBSD", "Haiku", "HP-UX", "Java", "Linux", "NetBSD", "OpenBSD",
        "SunOS", "WASI", "Windows", "iOS", "iPadOS", "tvOS", "watchOS", "OS400", "QNX", "GNU", "GNU/kFreeBSD", "OS/390", "Minix"),
}  # fmt: skip
_FAMILIES = (
    "CYGWIN", "MINGW", "MSYS", "aix", "atheos", "cli", "dragonfly", "freebsd", "gnu", "hp-ux", "irix", "java", "midnightbsd", "minix",
    "netbsd", "nto", "openbsd", "os2", "os400", "qnx", "riscos", "solaris", "sunos", "unixware", "vxworks",
)  # fmt: skip


def on_known_platforms(marker: Marker) -> Marker:
    """The marker without what holds only on a platform that does not exist: `sys_platform == 'never'` becomes FALSE."""

    def visit(node: Marker) -> Marker:
        if node.variable > LAST_PLATFORM_KEY:
            return node
        known = _KNOWN[node.variable[1]]
        children = [visit(child) for child in node.children]
        for index in range(1, len(node.cuts)):
            (below, _), (value, side) = node.cuts[index - 1 : index + 1]
            if side and below == value and value not in known and not value.startswith(_FAMILIES):
                children[index] = FALSE
        return decision(node.variable, node.cuts, tuple(children))

    return canonicalized(visit(marker))
