"""The pytest plugin: skips the tests whose marker the image at hand skips (guide, "dev vs lts").

Which image it is, `IMAGE_TYPE` says, as for `docker build`; where it is not set nothing is skipped, and nothing more is imported. Which
marker is skipped there, `skip-marker` of the environment of that name says. Loaded by itself wherever the package is installed (entry
point `pytest11`), or by `-p policy_checks.pytest_plugin`.
"""

import os

import pytest

_VARIABLE = "IMAGE_TYPE"
_MARKER = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Finds out which marker is skipped. Raises UsageError for a policy that cannot be read, and for an unknown image."""
    image = _image()
    if not image:
        return
    from policy_checks import config as policy
    from policy_checks.containers import markers
    from policy_checks.failure import Failure

    try:
        config.stash[_MARKER] = markers.skipped(image, policy.load(config.rootpath).options(markers.Options).environments)
    except Failure as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skips the tests that carry the marker."""
    if marker := config.stash.get(_MARKER, ""):
        for item in items:
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=_reason(marker)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says how many were skipped and why; counted by their reports, since with xdist others have collected them."""
    if (marker := config.stash.get(_MARKER, "")) and not config.option.collectonly:
        number = sum(_reason(marker) in str(report.longrepr) for report in terminalreporter.getreports("skipped"))
        terminalreporter.write_line(f"policy-checks: skipped {number} test{'s' * (number != 1)}: {_reason(marker)}")


def _reason(marker: str) -> str:
    return f"marked {marker}, which {_VARIABLE}={_image()} skips"


def _image() -> str:
    return os.environ.get(_VARIABLE, "").strip()
