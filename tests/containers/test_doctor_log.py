"""How a log is read: what wraps its lines, what is silent, what is hostile. The wordings themselves come from real tools in test_doctor_real_logs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks.containers.doctor import log, log_diagnosis, pitfalls, symptoms
from policy_checks.containers.doctor.log_lines import CHUNK, cleaned
from policy_checks.containers.doctor.verdicts import Trouble

STALE = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."
NO_UV = "bash: line 1: uv: command not found"


def found(data: str | bytes) -> list[Trouble]:
    raw = data.encode() if isinstance(data, str) else data
    return list(log_diagnosis.troubles(log.read(BytesIO(raw)), "ci.log"))


def keys(data: str | bytes) -> list[str]:
    return [one.pitfall for one in found(data)]


@pytest.mark.parametrize(
    "line",
    [
        f"2026-11-23T00:21:46.1234567Z {STALE}",
        f"\ufeff2026-11-23T00:21:46.1234567Z ##[error]{STALE}",
        f"2026-11-23T00:21:46.123456Z 00O {STALE}",
        f"2026-11-23T00:21:46.123456Z 01E+{STALE}",
        f"section_start:1700000000:step_script[collapsed=true]\r\x1b[0K{STALE}",
        f"#12 0.345 {STALE}",
        f"#12 12.34 #9 0.1 {STALE}",
        f"app-1  | {STALE}",
        f"::error::{STALE}",
        f"\x1b[1m\x1b[31merror\x1b[39m\x1b[0m{STALE.removeprefix('error')}",
        f"\x1b]8;;https://git.example\x1b\\\x1b]8;;\x07{STALE}\x1b[0m",
        f"{STALE}\r",
        f"10 %\r50 %\r100 %\r{STALE}",
        f"\t{STALE}   ",
        f"some-runner 7: {STALE}",
        f"[rank0]: {STALE}",
        f"[default1]:{STALE}",
    ],
)
def test_what_wraps_a_line_does_not_hide_it(line: str) -> None:
    (one,) = found(f"first\n{line}\nlast\n")
    assert one.pitfall == "stale-lock"
    assert one.evidence[0].line == 2
    assert "The lockfile at `uv.lock` needs to be updated" in one.evidence[0].text
    assert "\x1b" not in one.evidence[0].text


@pytest.mark.parametrize("line", [f"#12 0.345 {NO_UV}", f"\x1b[31m2026-11-23T00:21:46Z {NO_UV}\x1b[0m", f"##[error]{NO_UV}\r"])
def test_a_pattern_at_the_end_or_start_of_a_line(line: str) -> None:
    assert keys(line) == ["uv-missing"]


# Ordinary lines, some of them about the very things: words are no symptoms.
SILENT = """\
Resolved 57 packages in 12ms
Prepared 3 packages in 1.02s
 + heavy==1.0
Audited 55 packages in 0.12ms
warning: `VIRTUAL_ENV=/opt/other` does not match the project environment path `.venv` and will be ignored
INFO: pip is looking at multiple versions of torch to determine which version is compatible with other requirements.
WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager.
ERROR: pip's dependency resolver does not currently take into account all the packages that are installed.
Successfully installed gadget-1.0 numpy-2.1.0
WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError': Failed to establish a new connection
tests/test_access.py::test_access_is_denied PASSED
tests/test_disk.py::test_no_space_left_on_device PASSED
tests/test_disk.py::test_module_not_found_error[ModuleNotFoundError: No module named 'x'] PASSED
SKIPPED [1] tests/test_apex.py:3: could not import 'apex': No module named 'apex'
/opt/venv/lib/python3.12/site-packages/x.py:3: UserWarning: No module named 'apex', falling back
| `uv: command not found` inside container | Wrong container image | Use the image |
| `No space left on device` during uv ops | Cache fills container's `/root/.cache/` |
| `access forbidden` when pulling | Registry URL includes an explicit port (e.g. `:5005`) |
ModuleNotFoundError: No module named 'apex' - falling back to torch
+ echo uv: command not found? install it
+ echo uv: command not found
make: cc: No such file or directory
bash: line 3: foo: command not found
/bin/sh: 1: uvicorn: not found
exec: "uvicorn": executable file not found in $PATH
HTTP/1.1 403 Forbidden: denied by policy of the proxy, trying the next mirror
permission denied while trying to connect to the Docker daemon socket
Trying to pull git.example:5005/group/image:main...
Getting image source signatures
level=warning msg="Failed, retrying in 2s ... (1/3). Error: initializing source docker://git.example:5005/a/b:main: pinging container registry git.example:5005: Get \\"http://git.example:5005/v2/\\": dial tcp 127.0.0.1:5005: connect: connection refused"
[2/2] STEP 2/2: RUN --mount=type=secret,id=index,required=true cat /run/secrets/index
#9 [jet 1/1] RUN --mount=type=secret,id=index cat /run/secrets/index
#9 DONE 0.3s
ls: cannot access '/run/secrets': No such file or directory
error: Failed to parse `pyproject.toml`
Filesystem      Size  Used Avail Use% Mounted on
The lockfile at `uv.lock` is fresh
the lockfile needs to be updated, but not by hand
"""


@pytest.mark.parametrize("line", SILENT.splitlines())
def test_an_ordinary_line_is_silent(line: str) -> None:
    assert keys(line) == []


def test_the_guide_itself_is_silent() -> None:
    guide = Path(__file__).parents[3] / "shared/guide/build-and-dependency.txt"
    if not guide.is_file():
        pytest.skip("the guide is not here")
    assert keys(guide.read_bytes()) == []


def test_our_own_suite_run_is_silent() -> None:
    """A real, long and successful log that speaks of every pitfall: our rules, listed and explained."""
    done = subprocess.run([sys.executable, "-m", "policy_checks", "rule", "--markdown"], capture_output=True, check=True)
    assert keys(done.stdout) == []


# What cannot be run here: docker's daemon, BuildKit, crun, enroot. Their sources are named in the table of symptoms.
@pytest.mark.parametrize(
    ("line", "expected", "here"),
    [
        ("ERROR: failed to build: failed to solve: secret index: not found", "jet-secret", "`index`"),
        ("failed to solve: secret keyfile not found: not found", "jet-secret", "`keyfile`"),
        ("ERROR: failed to build: failed to stat TOKEN: stat TOKEN: no such file or directory", "jet-secret", "`TOKEN`"),
        ("the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn", "buildkit-needed", ""),
        (
            ("docker: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: "
            'runc create failed: unable to start container process: error during container init: exec: "uv": executable file not found in $PATH: unknown.'),
            "uv-missing",
            "",
        ),
        ('starting container process caused "exec: \\"uv\\": executable file not found in $PATH": unknown.', "uv-missing", ""),
        ("Error: crun: executable file `uv` not found in $PATH: No such file or directory", "uv-missing", ""),
        (
            'Error response from daemon: Head "https://git.example:5005/v2/adlr/mcore/manifests/main": denied: access forbidden',
            "registry-port",
            "`:5005` of git.example:5005",
        ),
        ("ERROR: Get https://git.example/v2/group/image/manifests/master: denied: access forbidden", "registry-refused", ""),
        ("Error response from daemon: pull access denied for megatron-lm, repository does not exist or may require 'docker login'", "image-not-built", "megatron-lm"),
        ("Error response from daemon: pull access denied for git.example:5005/a/b, repository does not exist or may require", "registry-port", "git.example:5005/a/b"),
        (
            ("ERROR: failed to solve: git.example:5005/a/b:main: failed to resolve source metadata for git.example:5005/a/b:main: "
            "failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden"),
            "registry-port",
            "git.example:5005/a/b:main",
        ),
        ('Error response from daemon: Get "https://git.example:5005/v2/": http: server gave HTTP response to HTTPS client', "registry-port", ""),
        ("slurmstepd: error: pyxis:     [ERROR] URL https://git.example:5005/v2/a/b/manifests/main returned error code: 403 Forbidden", "registry-port", ""),
        ("$ docker pull git.example:5005/a/b:main\nError response from daemon: denied: access forbidden", "registry-port", "git.example:5005/a/b:main"),
        ("failed to write: Disk quota exceeded (os error 122)", "quota", ""),
        ("write /var/lib/containers/storage/tmp/x: no space left on device", "disk-full", "/var/lib/containers/storage/tmp/x"),
    ],
)  # fmt: skip
def test_wordings_that_cannot_be_produced_here(line: str, expected: str, here: str) -> None:
    (one,) = found(line)
    assert (one.pitfall, here in one.cause) == (expected, True)


@pytest.mark.parametrize(
    ("package", "module"), [("PyYAML-6.0.2", "yaml"), ("pillow-11.0", "PIL"), ("nvidia-modelopt-0.44", "modelopt.torch")]
)
def test_names_of_packages_and_of_their_modules(package: str, module: str) -> None:
    missing = f"ModuleNotFoundError: No module named '{module}'\n"
    assert keys(f"Successfully installed other-1.0 {package}\n{missing}") == ["pip-outside-venv"]
    assert keys(f"Successfully installed other-1.0\n{missing}") == ["missing-module"]
    assert keys(f"{missing}Successfully installed {package}\n") == ["missing-module"]


def test_several_pitfalls_in_the_order_of_their_lines() -> None:
    assert keys(f"{NO_UV}\n{STALE}\nwrite /x: no space left on device\n{STALE}\n") == ["uv-missing", "stale-lock", "disk-full"]


def test_a_pitfall_that_repeats_is_told_once() -> None:
    (one,) = found(f"{STALE}\n" * 50)
    assert [evidence.line for evidence in one.evidence] == [1, 2, 3, 0]
    assert one.evidence[-1].text == "and 47 more such lines"


def test_utf_16_of_a_windows_console() -> None:
    (one,) = found(f"first\r\n{STALE}\r\n".encode("utf-16"))
    assert one.evidence[0].line == 2


def test_bytes_that_are_no_text() -> None:
    assert keys(b"\xff\xff\0\0\xc3(\n" + STALE.encode() + b"\0\n") == ["stale-lock"]
    assert keys(b"\xc3(" + NO_UV.encode() + b"\n") == ["uv-missing"]


class Endless:
    """A log that is made while it is read, so that only what is kept takes memory."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces, self.largest = pieces, 0

    def read(self, size: int) -> bytes:
        return next(self.pieces, b"")[:size]


def test_a_hundred_megabytes_in_bounded_memory() -> None:
    import tracemalloc

    line = b"2026-11-23T00:21:46.1234567Z tests/test_it.py::test_that_it_holds PASSED" + b" " * 23 + b"[ 42%]\n"
    piece = line * (CHUNK // len(line))
    times = 100_000_000 // len(piece)
    tracemalloc.start()
    read = log.read(Endless(iter([piece] * times + [STALE.encode() + b"\n"])))  # type: ignore[arg-type]  # it reads, no more is asked of it
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read.lines == times * (CHUNK // len(line)) + 1
    assert [one.line for one in read.sightings] == [read.lines]
    assert peak < 10 * CHUNK


def test_lines_without_end_and_lines_that_nearly_say_so() -> None:
    assert keys(b"x" * (3 * CHUNK) + b"\n" + STALE.encode()) == ["stale-lock"]
    assert keys(b"y" * 5000 + b": no space left on device " + b"z" * CHUNK) == ["disk-full"]
    nearly = log.read(BytesIO(b"uv: command not found?\n" * (log.TRIED + 5)))
    assert nearly.given_up == ("uv-missing",)
    assert len(log.read(BytesIO(f"{STALE}\n".encode() * (log.MOST + 5))).sightings) == log.MOST


@pytest.mark.parametrize("symptom", symptoms.SYMPTOMS, ids=lambda one: f"{one.key}: {one.needle}")
def test_every_pattern_ends_on_hostile_lines(symptom: symptoms.Symptom) -> None:
    hostile = [
        symptom.needle * 400,
        f"docker://a:1/b: {symptom.needle}" * 100,
        f"`/{'a' * 900}{symptom.needle}",
        f"{'/v2/ ' * 200}{symptom.needle}{': ' * 400}",
    ]
    for line in hostile:
        log.read(BytesIO(line.encode()))


def test_the_documentation_has_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs/doctor.md").read_text()
    assert pitfalls.table() in text


def test_the_table_is_sound() -> None:
    for symptom in symptoms.SYMPTOMS:
        re.compile(symptom.pattern)
        assert symptom.key in {*pitfalls.PITFALLS, symptoms.INSTALLED, "registry", "registry-unreachable"}
    assert {one.row for one in pitfalls.PITFALLS.values() if not one.kin} == set(range(1, 7))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_whatever_stands_around_it_the_line_is_found(before: bytes, after: bytes) -> None:
    if before.startswith((b"\xff\xfe", b"\xfe\xff")):
        return
    data = before + b"\n" + STALE.encode() + b"\n" + after
    assert any(one.evidence[0].line == before.count(b"\n") + 2 for one in found(data) if one.pitfall == "stale-lock")


@given(st.binary(max_size=200))
def test_cleaning_never_fails_and_is_idempotent(line: bytes) -> None:
    once = cleaned(line)
    assert cleaned(once.encode(errors="replace")) == once or "\x1b" in line.decode(errors="replace")
