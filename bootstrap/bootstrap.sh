# shellcheck shell=bash
# Provides the pinned uv in a folder of the repository's own and brings the environment up to date
# with uv.lock. Sourced by ./autoformat.sh and tests/run, which then find in $environment where it is.
#
# Needed: bash, python3 >= 3.11 with pip. Written outside the repository: nothing but the caches of
# pip and uv. A uv on PATH is not used: it may be any version.

bootstrap_fail() {
    printf 'bootstrap: %s\n' "$1" >&2
    exit 2
}

# The first Python that is new enough and has pip. Each one on PATH is tried: a pyenv shim may exist
# and still fail, and the Python of an active environment that uv made has no pip.
bootstrap_python() {
    local candidate
    while IFS= read -r candidate; do
        if "$candidate" -P -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s\n' "$candidate"
            return
        fi
    done < <(type -aP python3 python3.14 python3.13 python3.12 python3.11 python)
    bootstrap_fail "no Python >= 3.11 with pip was found (tried every python3, python3.14 … python3.11 and python on PATH): install one"
}

# Installs uv beside its place and moves it there in one step, so that neither a killed run nor two
# runs at once leave half of it. -P keeps modules of the working directory out of pip; the variables
# undo settings that contradict --target.
bootstrap_uv() (
    folder=$1 python=$2
    mkdir -p "$(dirname "$folder")" && staging=$(mktemp -d "$folder.XXXXXX") || bootstrap_fail "$folder cannot be written"
    trap 'rm -rf "$staging"' EXIT
    printf 'bootstrap: installing uv into %s\n' "$folder" >&2
    unset PIP_PREFIX PIP_ROOT PIP_TARGET PIP_CONSTRAINT PIP_DRY_RUN PIP_REQUIREMENT
    export PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
    # policy: ignore[PIP001] uv has to come from somewhere: pinned and hash-checked, into a folder that no environment sees
    "$python" -P -m pip install --quiet --require-hashes --only-binary :all: --no-deps --target "$staging/uv" -r "$repository/bootstrap/requirements.txt" >&2 ||
        bootstrap_fail "pip could not install uv (see above); it needs the package index once"
    "$staging/uv/bin/uv" --version >/dev/null || bootstrap_fail "the installed uv does not run on this machine"
    # Python's rename, because mv would move into a folder that another run has made meanwhile.
    "$python" -P -c 'import os, sys; os.rename(*sys.argv[1:])' "$staging/uv" "$folder" 2>/dev/null || [[ -x $folder/bin/uv ]] ||
        bootstrap_fail "uv could not be moved to $folder"
)

# Sets $environment, the folder of the virtual environment.
bootstrap() {
    local line version uv python='' new='' group=${IMAGE_TYPE:-dev} # lts in the images of that name
    repository=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
    while IFS= read -r line; do
        [[ $line =~ ^uv==([0-9][0-9.]*) ]] && version=${BASH_REMATCH[1]}
    done <"$repository/bootstrap/requirements.txt"
    uv=$repository/.cache/uv-${version:?bootstrap/requirements.txt names no version of uv}
    # An image brings its own, beside the repository that is mounted into it: taken while it is the version that the repository wants.
    [[ ! -d ${BOOTSTRAP_UV:-$uv}/uv-$version.dist-info ]] || uv=${BOOTSTRAP_UV:-$uv}
    environment=${UV_PROJECT_ENVIRONMENT:-.venv}
    [[ $environment == /* ]] || environment=$repository/$environment

    # Somewhere to cache where there is no home: uv wants a folder, pip does without.
    if [[ -z ${UV_CACHE_DIR:-}${XDG_CACHE_HOME:-} && ! -w ${HOME:-/nonexistent} ]]; then
        export UV_CACHE_DIR=$repository/.cache/uv
    fi
    if [[ ! -x $uv/bin/uv || ! -x $environment/bin/python ]]; then
        python=$(bootstrap_python) || exit 2
    fi
    [[ -x $uv/bin/uv ]] || bootstrap_uv "$uv" "$python" || exit 2

    [[ -x $environment/bin/python ]] || new=1
    # --locked and not --frozen, which UV_FROZEN would mean: an outdated lock has to be seen.
    # An environment that is there keeps its Python; a new one gets the Python found above.
    env -u VIRTUAL_ENV -u UV_FROZEN -u UV_NO_SYNC -u UV_NO_DEV -u UV_NO_DEFAULT_GROUPS -u UV_NO_GROUP ${python:+"UV_PYTHON=${UV_PYTHON:-$python}"} ${new:+UV_COMPILE_BYTECODE=1} UV_PYTHON_DOWNLOADS=never \
        "$uv/bin/uv" sync --quiet --locked --group "$group" --group test --project "$repository" ||
        bootstrap_fail "\`uv sync --locked --group $group --group test\` failed (see above)"
    # Compiled once: where PYTHONDONTWRITEBYTECODE is set, as in many images, each start would compile anew and take twice as long.
    [[ -z $new ]] || "$environment/bin/python" -m compileall -q "$repository/policy_checks"
    export VIRTUAL_ENV=$environment
}
