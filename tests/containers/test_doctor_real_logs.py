"""The guide's six pitfalls as real tools tell them: nothing here is a log that was made up."""

import base64
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest

from policy_checks.containers.doctor import log, log_diagnosis
from policy_checks.containers.doctor.verdicts import Trouble
from tests.real_uv import needs_uv, uv

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{}]\n'
PYTHON = sys.executable
SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]


def troubles(said: str) -> dict[str, Trouble]:
    """What the doctor finds in a log, by pitfall."""
    return {one.pitfall: one for one in log_diagnosis.troubles(log.read(BytesIO(said.encode())), "log")}


def run(*command: str | Path, **variables: str) -> str:
    """What a command that fails prints, both streams in one as in a CI log."""
    done = subprocess.run(
        [str(word) for word in command],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return done.stdout


def wheel(folder: Path, name: str, size: int = 0) -> Path:
    """A wheel of one module, with a file of that size, which compresses well."""
    path, about = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": b"",
        f"{name}/data": b"\0" * size,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {file: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode() for file, data in files.items()}
    record = "".join(f"{file},sha256={digests[file]},{len(data)}\n" for file, data in files.items()) + f"{about}/RECORD,,\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in {**files, f"{about}/RECORD": record.encode()}.items():
            archive.writestr(file, data)
    return path


def _line(said: str, start: str) -> int:
    return next(number for number, line in enumerate(said.splitlines(), 1) if line.startswith(start))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that uv has locked, without dependencies."""
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(""))
    assert uv(tmp_path, "lock").returncode == 0
    return tmp_path


@needs_uv
class TestLock:
    """Row 1, and its kin: `uv sync --locked` fails."""

    def test_stale(self, project: Path) -> None:
        (project / "pyproject.toml").write_text(PROJECT.format("") + "[dependency-groups]\ntest = []\n")
        for arguments in (("sync", "--locked"), ("lock", "--check"), ("run", "--locked", "true")):
            found = troubles(uv(project, *arguments).stderr)
            assert list(found) == ["stale-lock"]
        assert "needs to be updated" in found["stale-lock"].evidence[0].text
        assert found["stale-lock"].evidence[0].line > 0
        assert "`uv lock` inside the container" in found["stale-lock"].fix

    def test_colours_of_a_terminal(self, project: Path) -> None:
        (project / "pyproject.toml").write_text(PROJECT.format("") + "[dependency-groups]\ntest = []\n")
        said = uv(project, "sync", "--locked", "--color", "always").stderr
        assert "\x1b[" in said
        assert list(troubles(said)) == ["stale-lock"]

    @pytest.mark.parametrize("columns", [*range(40, 90, 3), 200])
    def test_sentences_that_uv_breaks_at_the_width_of_the_terminal(self, project: Path, columns: int) -> None:
        (project / "pyproject.toml").write_text(PROJECT.format("") + "[dependency-groups]\ntest = []\n")
        said = uv(project, "sync", "--locked", COLUMNS=str(columns)).stderr
        assert [(one, trouble.evidence[0].line) for one, trouble in troubles(f"first\n{said}").items()] == [
            ("stale-lock", _line(said, "error:") + 1)
        ]
        (project / "uv.lock").unlink()
        assert list(troubles(uv(project, "sync", "--locked", COLUMNS=str(columns)).stderr)) == ["missing-lock"]
        (project / "pyproject.toml").write_text(PROJECT.format('"idna<1", "idna>2"'))
        assert list(troubles(uv(project, "lock", COLUMNS=str(columns)).stderr)) == ["dependency-conflict"]

    def test_stale_and_offline_is_no_conflict(self, project: Path) -> None:
        (project / "pyproject.toml").write_text(PROJECT.format('"idna"'))
        found = troubles(uv(project, "sync", "--locked").stderr)
        assert list(found) == ["stale-lock-offline"]
        assert found["stale-lock-offline"].cause.startswith("no conflict")

    def test_conflict(self, project: Path) -> None:
        (project / "pyproject.toml").write_text(PROJECT.format('"idna<1", "idna>2"'))
        assert list(troubles(uv(project, "sync", "--locked").stderr)) == ["dependency-conflict"]

    def test_missing(self, project: Path) -> None:
        (project / "uv.lock").unlink()
        assert list(troubles(uv(project, "sync", "--locked").stderr)) == ["missing-lock"]
        assert list(troubles(uv(project, "sync", "--frozen").stderr)) == ["missing-lock"]

    def test_merge_conflict_left_in_it(self, project: Path) -> None:
        text = (project / "uv.lock").read_text()
        (project / "uv.lock").write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")
        found = troubles(uv(project, "sync", "--locked").stderr)
        assert list(found) == ["damaged-lock"]
        assert "git checkout origin/main -- uv.lock" in found["damaged-lock"].fix

    def test_fresh_is_silent(self, project: Path) -> None:
        done = uv(project, "sync", "--locked", "--verbose")
        assert done.returncode == 0
        assert not troubles(done.stderr)

    def test_index_that_cannot_be_reached(self, project: Path) -> None:
        (project / "pyproject.toml").write_text(PROJECT.format('"idna"'))
        done = uv(project, "lock", UV_OFFLINE="0", UV_DEFAULT_INDEX="http://127.0.0.1:9/simple", UV_HTTP_RETRIES="0")
        found = troubles(done.stderr)
        assert list(found) == ["index-unreachable"]
        assert "http://127.0.0.1:9/simple/idna/" in found["index-unreachable"].cause


class TestPip:
    """Row 2: pip installs elsewhere than where python looks."""

    @pytest.fixture
    def installed_elsewhere(self, tmp_path: Path) -> tuple[Path, str]:
        """The python of the project's venv, and what pip printed when it installed into another one."""
        for name in ("venv", "other"):
            subprocess.run([PYTHON, "-m", "venv", "--without-pip", tmp_path / name], check=True)
        pip = shutil.which("pip3") or shutil.which("pip") or pytest.skip("there is no pip")
        command = [pip, "--python", f"{tmp_path}/other/bin/python", "install", "--no-index", "--no-deps", str(wheel(tmp_path, "gadget"))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return tmp_path / "venv/bin/python", done.stdout + done.stderr

    def test_module_not_found_after_pip_install(self, installed_elsewhere: tuple[Path, str]) -> None:
        python, by_pip = installed_elsewhere
        assert not troubles(by_pip)
        for arguments in (("-c", "import gadget"), ("-c", "import gadget.data"), ("-m", "gadget")):
            found = troubles(by_pip + run(python, *arguments))
            assert list(found) == ["pip-outside-venv"]
        evidence = found["pip-outside-venv"].evidence
        assert "No module named gadget" in evidence[0].text
        assert "Successfully installed gadget-1.0" in evidence[1].text
        assert f"what pip installed at line {evidence[1].line}" in found["pip-outside-venv"].cause

    def test_pip_finds_it_where_python_does_not(self, installed_elsewhere: tuple[Path, str], tmp_path: Path) -> None:
        pip = shutil.which("pip3") or shutil.which("pip") or ""
        again = [pip, "--python", f"{tmp_path}/other/bin/python", "install", "--no-index", "gadget"]
        said = subprocess.run(again, capture_output=True, text=True, check=True).stdout
        assert list(troubles(said + run(installed_elsewhere[0], "-c", "import gadget"))) == ["pip-outside-venv"]

    def test_pip_installed_something_else(self, installed_elsewhere: tuple[Path, str]) -> None:
        python, by_pip = installed_elsewhere
        (found,) = troubles(by_pip + run(python, "-c", "import widgets")).values()
        assert found.pitfall == "missing-module"
        assert "pip ran before, at line" in found.cause

    def test_without_pip_it_is_a_package_that_is_not_there(self, installed_elsewhere: tuple[Path, str]) -> None:
        assert list(troubles(run(installed_elsewhere[0], "-c", "import gadget"))) == ["missing-module"]

    def test_under_pytest(self, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text("import gadget_of_nobody\n")
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        assert list(troubles(run(PYTHON, "-m", "pytest", "--color=yes", "-p", "no:cacheprovider", tmp_path))) == ["missing-module"]

    @pytest.mark.parametrize("tool", ["pip", pytest.param("uv", marks=needs_uv)])
    def test_externally_managed(self, tool: str, tmp_path: Path) -> None:
        python = "/usr/bin/python3"
        if not list(Path("/usr/lib").glob("python3*/EXTERNALLY-MANAGED")) or not Path(python).exists():
            pytest.skip("the system's python is not externally managed (PEP 668)")
        gadget = str(wheel(tmp_path, "gadget"))
        if tool == "uv":
            said = uv(tmp_path, "pip", "install", "--system", "--python", python, gadget).stderr
        elif subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
            pytest.skip("the system's python has no pip")
        else:
            said = run(python, "-m", "pip", "install", "--no-index", gadget)  # policy: ignore[PIP001] that it is refused is what is tested
        assert list(troubles(said)) == ["externally-managed"]


MISSING: list[tuple[str, list[str]]] = [
    *[(f"{shell}: {script}", [shell, "-c", script]) for shell in SHELLS for script in ("uv sync", "exec uv sync", "uv lock && uv sync")],
    ("env", ["env", "uv", "sync"]),
    ("nohup", ["nohup", "uv"]),
    ("timeout", ["timeout", "9", "uv"]),
    ("nice", ["nice", "uv"]),
    ("make", ["make", "-f", "-"]),
    ("python", [PYTHON, "-m", "uv", "sync"]),
    ("subprocess", [PYTHON, "-c", "import subprocess; subprocess.run(['uv', 'sync'])"]),
]


@pytest.mark.parametrize("command", [command for _, command in MISSING], ids=[name for name, _ in MISSING])
def test_uv_missing(command: list[str], tmp_path: Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"{command[0]} is not installed")
    (tmp_path / "empty").mkdir()
    if command[0] == "make":
        (tmp_path / "Makefile").write_text("sync:\n\tuv sync\n")
        command = ["make", "-f", str(tmp_path / "Makefile")]
    if "-m" in command and subprocess.run([PYTHON, "-c", "import uv"], capture_output=True, check=False).returncode == 0:
        pytest.skip("uv is installed beside this python")
    found = troubles(run(program, *command[1:], PATH=str(tmp_path / "empty"), LC_ALL="C.UTF-8"))
    assert list(found) == ["uv-missing"]
    assert "Dockerfile.ci.dev" in found["uv-missing"].fix


def test_uv_missing_in_a_script(tmp_path: Path) -> None:
    (tmp_path / "set-up.sh").write_text("set -x\nuv sync --locked\n")
    for shell in SHELLS:
        assert list(troubles(run(shutil.which(shell) or "", tmp_path / "set-up.sh", PATH="/nowhere"))) == ["uv-missing"]


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB, in memory."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


class TestDisk:
    """Row 4, on a disk that is really full."""

    @needs_uv
    @pytest.mark.parametrize("columns", ["50", "64", "80", "97", "120", "300"])
    def test_uv_cache(self, full: Path, tmp_path: Path, columns: str) -> None:
        assert uv(tmp_path, "venv", "venv").returncode == 0
        gadget = str(wheel(tmp_path, "gadget", 8_000_000))
        install = ("pip", "install", "--python", "venv/bin/python", gadget)
        done = uv(tmp_path, *install, UV_CACHE_DIR=str(full), COLUMNS=columns)
        found = troubles(done.stderr)
        assert list(found) == ["disk-full"]
        assert str(full) in found["disk-full"].cause
        assert "-v $HOME/.cache/uv:/root/.cache/uv" in found["disk-full"].fix
        (tmp_path / "uv.log").write_text(done.stderr)
        shown = subprocess.run(
            [PYTHON, "-m", "policy_checks", "doctor", "--log", tmp_path / "uv.log"], capture_output=True, text=True, check=False
        )
        assert "of 2.0 MiB at" in shown.stdout

    @needs_uv
    def test_uv_has_no_room_to_begin(self, full: Path, tmp_path: Path) -> None:
        (full / "filling").write_bytes(b"x" * (os.statvfs(full).f_bavail * os.statvfs(full).f_frsize))
        for arguments in (("venv", str(full / "venv")), ("sync",)):
            (tmp_path / "pyproject.toml").write_text(PROJECT.format(""))
            assert list(troubles(uv(tmp_path, *arguments, UV_CACHE_DIR=str(full / "cache")).stderr)) == ["disk-full"]

    def test_pip_python_dd_and_git(self, full: Path, tmp_path: Path) -> None:
        pip = shutil.which("pip3") or shutil.which("pip") or pytest.skip("there is no pip")
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", full / "venv"], check=True)
        install = ("install", "--no-index", "--no-deps", "--no-cache-dir", "--no-compile")
        gadget = wheel(tmp_path, "gadget", 8_000_000)
        assert list(troubles(run(pip, "--python", full / "venv/bin/python", *install, gadget))) == ["disk-full"]
        assert list(troubles(run("dd", "if=/dev/zero", f"of={full}/filling", "bs=64k", LC_ALL="C"))) == ["disk-full"]
        assert list(troubles(run(PYTHON, "-c", f"open({str(full / 'more')!r}, 'wb').write(b'x' * 9999)"))) == ["disk-full"]
        assert list(troubles(run("git", "init", full / "repository"))) == ["disk-full"]


@pytest.fixture
def buildah(tmp_path: Path) -> Callable[..., str]:
    """Runs real buildah without a daemon; gives what it prints when it fails."""
    program = shutil.which("buildah") or pytest.skip("buildah is not installed")
    store = ("--storage-driver", "vfs", "--root", f"{tmp_path}/store", "--runroot", f"{tmp_path}/run")
    return lambda *arguments: run(program, *store, *arguments, TMPDIR=str(tmp_path))


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context whose root file system holds a shell and `cat`, with their libraries: enough for RUN."""
    if os.geteuid() != 0:
        pytest.skip("buildah with chroot isolation needs root")
    context = tmp_path / "context"
    for name in ("sh", "cat", "env"):
        program = shutil.which(name) or pytest.skip(f"{name} is not installed")
        _into(context / "root/bin" / name, program)
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", listed):
            _into(context / "root" / library.lstrip("/"), library)
    return context


def _into(place: Path, file: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(file).resolve(), place)


STAGES = "FROM scratch AS main\nCOPY root /\nFROM main AS jet\nRUN {}\n"


def _build(buildah: Callable[..., str], context: Path, dockerfile: str, *options: str) -> str:
    (context / "Dockerfile").write_text(dockerfile)
    said = buildah("build", "--isolation", "chroot", *options, "-f", str(context / "Dockerfile"), str(context))
    if "permitted" in said or "denied" in said:
        pytest.skip(f"buildah may not build here: {said.splitlines()[-1]}")
    return said


class TestBuild:
    """Rows 3 and 5, from real image builds."""

    @pytest.mark.parametrize(
        "command",
        [
            "--mount=type=secret,id=index,required=true cat /run/secrets/index",
            "--mount=type=secret,id=index cat /run/secrets/index",
            '--mount=type=secret,id=index read URL < /run/secrets/index && echo "$URL"',
        ],
    )
    def test_jet_secret(self, buildah: Callable[..., str], context: Path, command: str) -> None:
        found = troubles(_build(buildah, context, STAGES.format(command)))
        assert list(found) == ["jet-secret"]
        assert "the secret `index` was not given" in found["jet-secret"].cause
        assert "--target main" in found["jet-secret"].fix

    def test_file_of_the_secret_is_not_there(self, buildah: Callable[..., str], context: Path) -> None:
        said = _build(buildah, context, STAGES.format("true"), "--secret", "id=index,src=/nowhere/index")
        assert list(troubles(said)) == ["jet-secret"]

    @pytest.mark.parametrize("command", ["uv sync --locked", '["uv", "sync"]', "env uv sync"])
    def test_image_without_uv(self, buildah: Callable[..., str], context: Path, command: str) -> None:
        assert list(troubles(_build(buildah, context, STAGES.format(command)))) == ["uv-missing"]


@contextmanager
def registry(refusal: str) -> Iterator[int]:
    """A server that refuses a pull as GitLab's registry does: the server alone is played, the client that words it is real.

    `token`: the service that gives out tokens answers 403; `login`: it answers 401; `door`: the registry itself answers 403.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            at_door = refusal == "door"
            code, name, message = 403, "DENIED", "access forbidden"
            if not self.path.startswith("/jwt") and not at_door:
                code, name, message = 401, "UNAUTHORIZED", "authentication required"
            elif refusal == "login":
                code, name, message = 401, "UNAUTHORIZED", "HTTP Basic: Access denied"
            body = json.dumps({"errors": [{"code": name, "message": message}]}).encode()
            self.send_response(code)
            if code == 401 and not self.path.startswith("/jwt"):
                assert isinstance(self.server, http.server.HTTPServer)
                port = self.server.server_port
                self.send_header("Www-Authenticate", f'Bearer realm="http://localhost:{port}/jwt/auth",service="container_registry"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the library
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class TestRegistry:
    """Row 6: a registry's address with a port."""

    @pytest.mark.parametrize("refusal", ["token", "login", "door"])
    def test_refused(self, buildah: Callable[..., str], refusal: str) -> None:
        with registry(refusal) as port:
            image = f"localhost:{port}/adlr/megatron-lm/mcore_ci_dev:main"
            found = troubles(buildah("pull", "--tls-verify=false", image))
        assert list(found) == ["registry-port"]
        assert f"`:{port}` of {image}" in found["registry-port"].cause
        assert found["registry-port"].fix.endswith("here: `docker pull localhost/adlr/megatron-lm/mcore_ci_dev:main`")

    def test_refused_while_building(self, buildah: Callable[..., str], tmp_path: Path) -> None:
        with registry("token") as port:
            (tmp_path / "Dockerfile").write_text(f"FROM localhost:{port}/group/image:main\nRUN true\n")
            found = troubles(buildah("build", "--tls-verify=false", "-f", str(tmp_path / "Dockerfile"), str(tmp_path)))
        assert list(found) == ["registry-port"]

    def test_no_tls_at_that_port(self, buildah: Callable[..., str]) -> None:
        with registry("token") as port:
            assert list(troubles(buildah("pull", f"localhost:{port}/group/image:main"))) == ["registry-port"]

    @pytest.mark.parametrize("image", ["megatron-lm:local", "localhost/megatron-lm:local"])
    def test_image_that_was_not_built(self, buildah: Callable[..., str], image: str) -> None:
        (found,) = troubles(buildah("pull", image)).values()
        assert (found.pitfall, image in found.cause) == ("image-not-built", True)
