#!/usr/bin/env bash
# usage: ./autoformat.sh [OPTION …] [PATH …]
#
# Sets up what it needs on the first run, formats the changed Python files (ruff, isort, black, then
# pylint, mypy and ruff on what results), and judges the repository by its policy.
#
#   BASE_REF=main       changed since the merge base with this branch; staged, unstaged and untracked files too
#   CHECK_ONLY=false    true: change nothing, fail when something would be changed
#   SKIP_DOCS=false     true: pylint does not ask for docstrings (C0115, C0116)
#
# 1, true, yes and on stand for yes, 0, false, no and off for no, in any case. Options and paths go
# to `policy-checks format` (its --help tells more); relative paths start at the working directory,
# or at the repository where that is outside of it. No network after the first run; git's
# configuration is left alone. Exit code: 0 clean, 1 something to mend, 2 no verdict.
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

for argument in "$@"; do
    if [[ $argument == -h || $argument == --help ]]; then
        sed -n '2,/^set /s/^# \{0,1\}//p' "$here/autoformat.sh"
        exit 0
    fi
done

# shellcheck source=bootstrap/bootstrap.sh
source "$here/bootstrap/bootstrap.sh"
bootstrap
[[ $(pwd -P)/ == "$here"/* ]] || cd -- "$here"

# Whatever one says the other is asked too; only an interruption (a code above 2) ends at once.
status() {
    local code=0
    "$@" || code=$?
    ((code <= 2)) || exit "$code"
    return "$code"
}
format=0 check=0
status "$environment/bin/policy-checks" format "$@" || format=$?
status "$environment/bin/policy-checks" check "$here" || check=$?

words=(clean "something to mend" failed)
printf 'autoformat: format: %s; check: %s\n' "${words[format]}" "${words[check]}"
exit "$((format > check ? format : check))"
