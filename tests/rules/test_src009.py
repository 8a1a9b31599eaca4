"""Which spellings of paths leave the repository; and that real uv writes locks in which they are found."""

from pathlib import Path

import pytest

from policy_checks import workspace
from policy_checks.lock.outside_paths import OUTSIDE_PATHS, OutsidePath, outside
from policy_checks.source import Place, SourceFile, Span
from tests.real_uv import needs_uv, uv

PLACE = Place(SourceFile("a", b""), Span(0, 0))


@pytest.mark.parametrize(
    ("written", "folder", "path"),
    [
        ("../kit", "", "../kit"),
        ("../../kit", "app", "../kit"),
        ("a/../../kit", "", "../kit"),
        ("..", "", ".."),
        ("..\\kit", "", "../kit"),
        ("/srv/kit", "app", None),
        ("~/kit", "", None),
        ("C:\\kit", "", None),
        ("c:/kit", "", None),
        ("file:///srv/kit", "", None),
        ("file://localhost/srv/kit", "", None),
        ("file:../kit", "", "../kit"),
        ("file:///C:/kit", "", None),
        ("git+file:///srv/kit", "", None),
    ],
)
def test_a_path_leaves(written: str, folder: str, path: str | None) -> None:
    found = outside("kit", written, folder, lambda: PLACE)
    assert found is not None
    assert found.path == path


@pytest.mark.parametrize(
    "written",
    [
        "kit",
        "./kit",
        ".",
        "../kit",
        "../../kit",
        "file:../kit",
        "https://git.example/../kit",
        "${HOME}/kit",
        "git@git.example:kit",
        "{root:uri}/../kit",
    ],
)
def test_a_path_stays(written: str) -> None:
    assert outside("kit", written, "packages/app", lambda: PLACE) is None


@needs_uv
def test_a_path_that_a_path_brings_is_found_in_the_lock(tmp_path: Path) -> None:
    head = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.11"\n'
    texts = {
        "repository": head.format("app") + 'dependencies = ["one"]\n[tool.uv.sources]\none = { path = "one" }\n',
        "repository/one": head.format("one") + 'dependencies = ["two"]\n[tool.uv.sources]\ntwo = { path = "../../two" }\n',
        "two": head.format("two"),
    }
    for folder, text in texts.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pyproject.toml").write_text(text)
    done = uv(tmp_path / "repository", "lock")
    assert done.returncode == 0, done.stderr
    found = [path for path in workspace.on_disk(tmp_path / "repository").all(OUTSIDE_PATHS) if isinstance(path, OutsidePath)]
    assert [(path.place.file.path, path.written, path.path) for path in found] == [("one/pyproject.toml", "../../two", "../two")]
    (tmp_path / "repository/one/pyproject.toml").unlink()
    (found_in_lock,) = (path for path in workspace.on_disk(tmp_path / "repository").all(OUTSIDE_PATHS) if isinstance(path, OutsidePath))
    assert (found_in_lock.place.file.path, found_in_lock.written) == ("uv.lock", "../two")
