"""Buildah without a daemon, and a small base image of this machine's own release: no test needs a registry of images."""

import os
import shutil
import subprocess
from pathlib import Path

from policy_checks.record import record

BASE = "localhost/base"
PACKAGES = "python3,python3-pip,git,ca-certificates"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"  # where Debian keeps them
# Half the time of debootstrap goes into making each file durable, and much of its space into documentation.
DPKG = "force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/locale/*\n"


@record
class Buildah:
    """Buildah with a storage of its own in a folder, which holds its cache mounts too.

    vfs works everywhere, and copies everything at every step; overlay, where the kernel allows it, shares.
    """

    folder: Path
    driver: str = "vfs"

    def run(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Runs a subcommand; one that fails raises with what it said, unless `check` is off."""
        places = ("--root", f"{self.folder}/storage", "--runroot", f"{self.folder}/run")
        environment = os.environ | {"TMPDIR": str(self.folder), "BUILDAH_ISOLATION": "chroot"}
        command = ["buildah", *places, "--storage-driver", self.driver, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert not check or done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done

    def say(self, *arguments: str) -> str:
        """What a subcommand prints."""
        return self.run(*arguments).stdout.strip()


def storage(folder: Path) -> Buildah:
    """Buildah with the better of the two storage drivers."""
    overlay = Buildah(folder / "overlay", "overlay")
    overlay.folder.mkdir()
    return overlay if overlay.run("info", check=False).returncode == 0 else Buildah(folder)


def remove(folder: Path) -> None:
    """Removes a storage with what buildah left mounted in it; with a mount that stays, nothing is removed."""
    for point in _mounted(folder):
        subprocess.run(["umount", point], check=False)
    assert not _mounted(folder)
    shutil.rmtree(folder)


def _mounted(folder: Path) -> list[str]:
    """Where something is mounted below a folder, the innermost first."""
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def hindrance() -> str:
    """Why no image can be built here; empty where one can."""
    missing = [name for name in ("buildah", "debootstrap", "apt-get") if shutil.which(name) is None]
    if missing:
        return f"{' and '.join(missing)} not found"
    return "" if os.geteuid() == 0 else "debootstrap wants root"


def make(buildah: Buildah) -> str:
    """Makes the base and returns its name: a minimal system with Python, pip and git, which trusts whom this machine trusts."""
    container = buildah.say("from", "scratch")
    root = Path(buildah.say("mount", container))
    (root / "etc/dpkg/dpkg.cfg.d").mkdir(parents=True)
    (root / "etc/dpkg/dpkg.cfg.d/small").write_text(DPKG)
    release, mirror, components = _source()
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", f"--components={components}", release, str(root), mirror]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    for folder in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(root / folder)
    shutil.copy(os.environ.get("SSL_CERT_FILE", CERTIFICATES), root / CERTIFICATES[1:])
    buildah.run("umount", container)
    # pip and uv bring certificates of their own, which know nothing of a proxy that this machine may be behind.
    buildah.run("config", "--env", f"SSL_CERT_FILE={CERTIFICATES}", "--env", f"PIP_CERT={CERTIFICATES}", container)
    buildah.run("commit", "--quiet", "--disable-compression", "--rm", container, BASE)
    return BASE


def _source() -> tuple[str, str, str]:
    """Release, mirror and components of this machine's own system, as apt is configured."""
    pairs = (line.partition("=") for line in Path("/etc/os-release").read_text().splitlines())
    release = next(value.strip('"') for name, _, value in pairs if name == "VERSION_CODENAME")
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(SITE) $(COMPONENT)", "Created-By: Packages"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line.split() for line in lines if line.startswith(f"{release} ")]
    assert found, f"apt is not configured for {release}"
    mirror = found[0][1]
    return release, mirror, ",".join(sorted({component for _, site, component in found if site == mirror}))
