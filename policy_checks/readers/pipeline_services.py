"""What else is configured in YAML and runs commands: CI services, hooks, task runners; their files, and the keys that hold shell text."""

import re
from functools import cache, cached_property

from policy_checks.record import record


@record
class Service:
    """One service: its files, and the keys whose value a shell reads, or that hold the words of a command."""

    path: str  # a pattern
    written: str  # patterns of keys
    program: str = ""  # the key of a program whose arguments stand beside it in `args`

    def holds(self, path: str) -> bool:
        """Whether a file is one of the service's."""
        return re.search(self.path, path) is not None  # compiled when the first YAML file is met

    @cached_property
    def keys(self) -> re.Pattern[str]:
        """The keys whose value is a command."""
        return re.compile("|".join(self.written.split()))


_GITLAB = "script before_script after_script pre_get_sources_script"
_AZURE = "script bash powershell pwsh inlineScript"

# What GitLab or Azure includes goes by any name.
INCLUDED = Service("", f"{_GITLAB} {_AZURE}")
AZURE = Service(r"(?:^|/)[^/]*azure[^/]*\.ya?ml$|(?:^|/)\.azure[^/]*/.+\.ya?ml$", _AZURE)
SERVICES = (
    Service(r"gitlab-ci[^/]*\.ya?ml$|(?:^|/)\.gitlab/.+\.ya?ml$|(?:^|/)[^/]*gitlab[^/]*\.ya?ml$", _GITLAB),
    AZURE,
    Service(r"(?:^|/)\.circleci/.+\.ya?ml$|(?:^|/)[^/]*circleci[^/]*\.ya?ml$", "run command"),
    Service(r"(?:^|/)\.buildkite/.+\.ya?ml$|(?:^|/)[^/]*buildkite[^/]*\.ya?ml$", "command commands"),
    Service(r"(?:^|/)\.travis\.ya?ml$",
            "before_install install before_script script after_success after_failure after_script before_deploy after_deploy"),
    Service(r"(?:^|/)\.pre-commit-(?:config|hooks)\.ya?ml$", "-", program="entry"),
    Service(r"(?:^|/)bitbucket-pipelines\.ya?ml$", "script after-script"),
    Service(r"(?:^|/)\.(?:drone|woodpecker)(?:/.+)?\.ya?ml$", "commands"),
    Service(r"(?:^|/)\.cirrus\.ya?ml$", r"(?:\w+_)?script"),
    Service(r"(?:^|/)\.?appveyor[^/]*\.ya?ml$",
            r"init install after_build after_test after_deploy before_\w+ (?:build|test|deploy)_script on_\w+ cmd ps pwsh sh"),
    Service(r"(?:^|/)\.?readthedocs\.ya?ml$", r"commands (?:pre|post)_\w+ create_environment install html"),
    Service(r"(?:^|/)buildspec[^/]*\.ya?ml$|(?:^|/)\.semaphore/.+\.ya?ml$", "commands"),
    Service(r"(?:^|/)cloudbuild[^/]*\.ya?ml$", "script", program="entrypoint"),
    Service(r"(?:^|/)codemagic\.ya?ml$", "script scripts"),
    Service(r"(?:^|/)\.gitpod\.ya?ml$", "before init command prebuild"),
    Service(r"(?:^|/)render\.ya?ml$", r"\w+Command"),
    Service(r"(?:^|/)[Tt]askfile[^/]*\.ya?ml$", "cmds cmd sh"),
    Service(r"(?:^|/)\.?lefthook[^/]*\.ya?ml$", "run"),
    Service(r"(?:^|/)dvc\.ya?ml$", "cmd"),
    Service(r"(?:^|/)(?:tasks|handlers|playbooks?)/[^/]+\.ya?ml$|(?:^|/)[^/]*playbook[^/]*\.ya?ml$",
            r"(?:ansible\.builtin\.)?(?:shell|command|raw) cmd argv"),
)  # fmt: skip


@cache
def service(path: str) -> Service | None:
    """The service that a file configures by its place or name."""
    return next((each for each in SERVICES if each.holds(path)), None)
