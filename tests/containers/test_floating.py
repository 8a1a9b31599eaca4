"""Tags that move, and tags that only sound so."""

import pytest

from policy_checks.containers.floating import ImagePolicy, fault, is_moving
from policy_checks.containers.image_reference import parse


@pytest.mark.parametrize(
    "tag",
    "latest nightly edge main master dev stable rolling canary LATEST latest-gpu 3.9-nightly nightly-cuda12.1 stable-slim lts head".split(),
)
def test_moving(tag: str) -> None:
    assert is_moving(tag)


@pytest.mark.parametrize(
    "tag",
    "3.12 26.06-py3 12.4.1-devel-ubuntu22.04 bookworm-slim nightly-2024-05-01 nightly-20240501 nightly-0a1b2c3d4e 3.12-slim-bookworm dev-1.2 "
    "main-v2 lts-alpine3.20 stable-20240904 ltsc2022".split(),
)
def test_still(tag: str) -> None:
    assert not is_moving(tag)


def test_what_is_said_of_a_reference() -> None:
    digest = "@sha256:" + "0" * 64
    told = [
        fault(reference, ImagePolicy(digest=True)) for text in ("a", "a:latest", "a:1", f"a:latest{digest}") if (reference := parse(text))
    ]
    assert [bool(one) for one in told] == [True, True, True, False]
    assert "digest" in told[2]
