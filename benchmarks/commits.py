"""`policy-checks commits check` beside `git log --format=%G?`, whole processes, in the same run.

Usage: python benchmarks/commits.py REPOSITORY [--sample 200] [--ssh 1000] [--openpgp 300] [--runs 5]

REPOSITORY is any clone with a history: all of it is judged for the presence of signatures and for sign-offs, while git verifies a
sample of it. The signed histories are made on the fly, with keys of their own. Every run of ours is cold: `--no-cache`.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PERSON = "A Tester <tester@mail.example> 1700000000 +0000"
# As installed: modules are read compiled, as an installer or the first run leaves them.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
PROGRAM = str(Path(sys.executable).parent / "policy-checks")


def seconds(command: list[str], folder: Path) -> float:
    """The wall time of one whole process."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, env=ENVIRONMENT)
    taken = time.perf_counter() - start
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return taken


def compared(ours: list[str], git: list[str], folder: Path, runs: int) -> tuple[float, float]:
    """Median times of ours and of git's, in turns."""
    seconds(ours, folder)
    pairs = [(seconds(ours, folder), seconds(git, folder)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def history(folder: Path, commits: int, sign: Callable[[bytes], bytes]) -> None:
    """A repository with a line of signed commits, written as objects."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", folder], check=True)
    tree = subprocess.run(["git", "-C", folder, "mktree"], input=b"", capture_output=True, check=True).stdout.decode().strip()
    objects, parent = folder / "commits", ""
    objects.mkdir()
    for number in range(commits):
        head = f"tree {tree}\n{f'parent {parent}' if parent else ''}{chr(10) * bool(parent)}author {PERSON}\ncommitter {PERSON}\n".encode()
        message = f"\nCommit {number}\n\nSigned-off-by: A Tester <tester@mail.example>\n".encode()
        raw = head + b"gpgsig " + sign(head + message).rstrip(b"\n").replace(b"\n", b"\n ") + b"\n" + message
        (objects / str(number)).write_bytes(raw)
        parent = hashlib.sha1(b"commit %d\0" % len(raw) + raw).hexdigest()  # noqa: S324  # as git names objects
    names = "".join(f"commits/{number}\n" for number in range(commits)).encode()
    subprocess.run(
        ["git", "-C", folder, "hash-object", "-t", "commit", "-w", "--stdin-paths"], input=names, stdout=subprocess.DEVNULL, check=True
    )
    subprocess.run(["git", "-C", folder, "update-ref", "refs/heads/main", parent], check=True)
    subprocess.run(["git", "-C", folder, "repack", "-adq"], check=True)


def string(data: bytes) -> bytes:
    """As in the SSH protocol."""
    return len(data).to_bytes(4) + data


def by_ssh(folder: Path, commits: int) -> None:
    """A history signed by one SSH key, which git and we are told of."""
    key = Ed25519PrivateKey.generate()
    public = string(b"ssh-ed25519") + string(key.public_key().public_bytes_raw())

    def sign(payload: bytes) -> bytes:
        said = string(b"git") + string(b"") + string(b"sha512")
        value = key.sign(b"SSHSIG" + said + string(hashlib.sha512(payload).digest()))
        blob = b"SSHSIG" + (1).to_bytes(4) + string(public) + said + string(string(b"ssh-ed25519") + string(value))
        text = b64encode(blob).decode()
        lines = "\n".join(text[start : start + 70] for start in range(0, len(text), 70))
        return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n".encode()

    history(folder, commits, sign)
    (folder / "keys").write_text(f"tester@mail.example ssh-ed25519 {b64encode(public).decode()}\n")
    subprocess.run(["git", "-C", folder, "config", "gpg.ssh.allowedSignersFile", folder / "keys"], check=True)


def by_openpgp(folder: Path, commits: int) -> None:
    """A history signed by one OpenPGP key, in GNUPGHOME."""
    gpg = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-generate-key", "A Tester <tester@mail.example>", "ed25519", "sign", "never"], check=True)
    history(folder, commits, lambda payload: subprocess.run([*gpg, "-bsa"], input=payload, capture_output=True, check=True).stdout)
    (folder / "keys").write_bytes(subprocess.run([*gpg, "--export", "--armor"], capture_output=True, check=True).stdout)


def told(what: str, ours: float, commits: int, git: float, of: int) -> None:
    """One line: times, and how many times faster a commit is."""
    print(f"{what:44} ours {ours:7.3f} s for {commits:6,}   git %G? {git:7.3f} s for {of:5,}   {git / of / (ours / commits):7.1f} x")


def main() -> None:
    """Prints times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--ssh", type=int, default=1000)
    parser.add_argument("--openpgp", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    check = [PROGRAM, "commits", "check", "HEAD", "--no-cache"]
    log = ["git", "log", "--format=%G?"]

    count = int(subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=arguments.repository, capture_output=True, check=True).stdout)
    pair = compared([*check, "--isolated"], [*log, f"-{arguments.sample}"], arguments.repository, arguments.runs)
    told("present and sign-off, the whole history", pair[0], count, pair[1], min(arguments.sample, count))

    with tempfile.TemporaryDirectory(prefix="b-") as name:
        folder = Path(name)
        by_ssh(folder / "ssh", arguments.ssh)
        for level in ("valid", "trusted"):
            (folder / level).write_text(f'[commits]\nsignature = "{level}"\nallowed-signers = "keys"\n')
            pair = compared([*check, "--config", str(folder / level)], log, folder / "ssh", arguments.runs if level == "valid" else 1)
            told(f"{level}, SSH", pair[0], arguments.ssh, pair[1], arguments.ssh)
        if not shutil.which("gpg"):
            sys.exit("gpg is not installed: OpenPGP is not measured")
        ENVIRONMENT["GNUPGHOME"] = os.environ["GNUPGHOME"] = str(folder / "home")
        (folder / "home").mkdir(mode=0o700)
        by_openpgp(folder / "openpgp", arguments.openpgp)
        (folder / "policy").write_text('[commits]\nsignature = "trusted"\nopenpgp-keys = "keys"\n')
        ours = [*check, "--config", str(folder / "policy")]
        if shutil.which("taskset"):
            one = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
            pair = compared([*one, *ours], [*one, *log], folder / "openpgp", arguments.runs)
            told("trusted, OpenPGP, one core", pair[0], arguments.openpgp, pair[1], arguments.openpgp)
        pair = compared(ours, log, folder / "openpgp", arguments.runs)
        told("trusted, OpenPGP, all cores", pair[0], arguments.openpgp, pair[1], arguments.openpgp)
        subprocess.run(["gpgconf", "--kill", "all"], check=False)


if __name__ == "__main__":
    main()
