"""uv's subcommands that have subcommands, and its options that take the next word: those of `uv --help`, hidden ones and aliases included.

As of uv 0.13; options that uv dropped stay, because a script may call an older one.
"""

GROUPS = frozenset({"pip", "tool", "python", "auth", "cache", "self", "workspace"})

_VALUED = frozenset(
    "--allow-insecure-host --annotation-style --author-from --batch --bounds --branch --build-backend --build-constraint --build-constraints "
    "--bump --cache-dir --cert --check-url --client-cert --color --config --config-file --config-setting --config-setting-package "
    "--config-settings --config-settings-package --constraint --constraints --custom-compile-command --default-index --depth --description "
    "--directory --env-file --exclude --exclude-newer --exclude-newer-package --excludes --extra --extra-index-url --find-links "
    "--fork-strategy --format --from --generate-shell-completion --graalpy-mirror --group --ignore --ignore-until-fixed --index "
    "--index-strategy --index-url --install-dir --keyring-provider --link-mode --marker --max-recursion-depth --max-rounds --mirror --name "
    "--no-binary-package --no-build-isolation-package --no-build-package --no-editable-package --no-emit-package --no-extra --no-group "
    "--no-install-package --no-sources-package --only-binary --only-emit-package --only-group --only-install-package --optional --out-dir "
    "--output-file --output-format --output-version --override --overrides --package --password --path --pip-args --prefix --prerelease "
    "--prerelease-package --preview-feature --preview-features --project --prompt --prune --publish-url --pyodide-mirror --pypy-mirror "
    "--python --python-downloads-json-url --python-executable --python-fetch --python-platform --python-preference --python-version "
    "--refresh-package --reinstall-package --requirement --requirements --resolution --resolver --rev --script --service-format "
    "--service-url --tag --target --token --torch-backend --trusted-host --trusted-publishing --ty-version --unsafe-package "
    "--upgrade-group --upgrade-package --username --vcs --with --with-editable --with-executables-from --with-requirements "
    "-C -P -b -c -d -f -i -o -p -r -t -u -w".split()
)
# Where a subcommand differs: what takes a value only there, and what takes none only there.
_ALSO = {
    ("add",): frozenset({"-m"}),
    ("format",): frozenset({"--version"}),
    ("pip", "install"): frozenset({"-e", "--editable", "--no-binary"}),
    ("pip", "compile"): frozenset({"--no-binary"}),
    ("pip", "sync"): frozenset({"--no-binary"}),
}
_FLAGS = {
    ("run",): frozenset({"--script"}),
    ("init",): frozenset({"--package", "--script"}),
    ("venv",): frozenset({"-c"}),
    ("pip", "show"): frozenset({"-f"}),
    ("python", "install"): frozenset({"-f", "-r"}),
    ("python", "upgrade"): frozenset({"-r"}),
}


def takes_value(option: str, subcommand: tuple[str, ...]) -> bool:
    """Whether an option (`--group`, `-p`) of a subcommand has a value; without a subcommand: one of uv itself."""
    if option in _VALUED:
        return option not in _FLAGS.get(subcommand, ())
    return option in _ALSO.get(subcommand, ())
