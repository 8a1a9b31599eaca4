"""Fresh verdicts, each remembered by everything that was looked at for it: files, folders, what is not there.

A remembered verdict counts only when every look gives the same again, under the same program. Only `fresh`
is remembered: it is what nearly every run ends in, and it has nothing to show. Imports no more than it must:
an unchanged lock is answered before anything else of this package is loaded.
"""

import os

Look = tuple[str, str]  # what was asked (`file`, `is_file`, `is_folder`, `names`), and of which absolute path

_PROGRAM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def look(kind: str, path: str) -> str:
    """What is seen now, as a short text."""
    if kind == "file":
        try:
            with open(path, "rb") as file:
                return digest(file.read())
        except OSError:
            return ""
    if kind == "names":
        return "/".join(sorted(os.listdir(path))) if os.path.isdir(path) else ""
    return str(os.path.isdir(path) if kind == "is_folder" else os.path.isfile(path))


def root_above(folder: str) -> str:
    """The repository that holds an absolute folder; the file system's root where none does. git itself would take as long as the whole check."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return folder


def digest(data: bytes) -> str:
    """A file's bytes as a short text."""
    from hashlib import blake2b

    return blake2b(data, digest_size=20).hexdigest()


def program() -> str:
    """What the program itself is made of: name, size and time of every module of the rooms that a verdict passes through."""
    parts = []
    for room in ("lock", "readers", "commands", ""):
        with os.scandir(os.path.join(_PROGRAM, room)) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    state = entry.stat()
                    parts.append(f"{entry.name}:{state.st_size}:{state.st_mtime_ns}")
    return " ".join(sorted(parts))


def cache_folder() -> str | None:
    """The user's cache folder (XDG Base Directory); None where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = os.environ.get("HOME") or os.environ.get("LOCALAPPDATA") or ""
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return os.path.join(base, "policy-checks", "fresh-locks")


def is_remembered(folder: str, question: str) -> bool:
    """Whether this folder's lock was found fresh, and everything looked at then looks the same now.

    `question` is what else the verdict depends on, as a text.
    """
    path = _path(folder)
    if path is None:
        return False
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            head, *lines = file.read().split("\n\0")
    except OSError:
        return False
    if head != _head(folder, question):
        return False
    looks = [line.split("\0") for line in lines]
    return bool(looks) and all(len(one) == 3 and look(one[0], one[1]) == one[2] for one in looks)


def remember(folder: str, question: str, seen: dict[Look, str]) -> None:
    """Keeps a fresh verdict; where it cannot be kept the next run decides anew."""
    path = _path(folder)
    if path is None:
        return
    lines = [_head(folder, question), *(f"{kind}\0{where}\0{what}" for (kind, where), what in seen.items())]
    staging = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(staging, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write("\n\0".join(lines))
        os.replace(staging, path)
    except OSError:
        return  # a cache that cannot be written is no fault of the lock


def _head(folder: str, question: str) -> str:
    return f"{folder}\n{root_above(folder)}\n{question}\n{program()}"


def _path(folder: str) -> str | None:
    base = cache_folder()
    return None if base is None else os.path.join(base, digest(os.fsencode(folder)))
