"""The commands that mend an entry of uv.lock, for messages."""

from policy_checks.readers.uv_lock import Package


def refresh(package: Package) -> str:
    """How one package's entry is written anew at the same version."""
    version = f"=={package.version}" if package.version and package.source.kind == "registry" else ""
    return f"restore uv.lock from a trusted commit or run `uv lock --upgrade-package {package.name}{version}`"
