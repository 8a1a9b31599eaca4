"""uv itself installed without a version.

Why: the newest uv is another one tomorrow. It may write another lock format, resolve differently, or be the one release
that was compromised; a build that worked yesterday then fails, or silently differs. A range (`uv<0.9`, `version: "0.9.x"`,
the tag `alpine` of uv's image) moves as well.

Fix: name one release wherever uv is installed: the URL `…/uv/0.9.2/install.sh`, `uv==0.9.2`, `version:` of setup-uv (or
`required-version` in uv's settings, which it reads), the image tag `0.9.2`. A digest, `--require-hashes`, a constraints
file and a version in a variable are fine. The rule honours `allowed-installs`.

References: https://docs.astral.sh/uv/getting-started/installation/; https://docs.astral.sh/uv/guides/integration/docker/
"""

from collections.abc import Iterator

from policy_checks.readers.install_policy import InstallPolicy, allowance
from policy_checks.readers.uv_installers import UV_INSTALLERS, UvInstaller
from policy_checks.rule import Example, Problem, Rule, Severity


def check(installer: UvInstaller, options: InstallPolicy) -> Iterator[Problem]:
    """One problem for an installation that does not say which uv."""
    if installer.pinned or (installer.command is not None and allowance(options.allowed_installs, installer.command)):
        return
    yield Problem(installer.place, f"{installer.called} takes whatever uv is the newest: {_advice(installer)}")


def _advice(installer: UvInstaller) -> str:
    return installer.instead if installer.instead.startswith(("set", "name")) else f"use {installer.instead}"


_WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: {}
"""
_SETUP = "astral-sh/setup-uv@v6"

RULE = Rule(
    code="PIP005",
    name="unpinned-installer",
    severity=Severity.WARNING,
    subject=UV_INSTALLERS,
    check=check,
    options=InstallPolicy,
    needles=("uv",),
    examples=(
        Example(
            "the installer in a script and a Dockerfile",
            {
                "a.sh": "curl -LsSf ⟦https://dl.example/uv/install.sh⟧ | sh\nwget -qO- ⟦https://dl.example/uv/install.sh⟧ | sh\n",
                "Dockerfile": "FROM base\nRUN curl -LsSf ⟦https://dl.example/uv/install.sh⟧ | env UV_INSTALL_DIR=/bin sh\n",
                "b.ps1.sh": 'powershell -c "irm ⟦https://dl.example/uv/install.ps1⟧ | iex"\n',
                "c.sh": "curl -L ⟦https://git.example/astral-sh/uv/releases/latest/download/uv-x86_64-unknown-linux-gnu.tar.gz⟧ | tar xz\n",
            },
            message="VERSION",
        ),
        Example("pip", {"a.sh": "pip install ⟦uv⟧\npython -m pip install -U pip ⟦'uv>=0.5'⟧\nuv pip install ⟦uv⟧\n"}, message="install uv==VERSION`"),
        Example("other managers", {"a.sh": "pipx install ⟦uv⟧\nuv tool install ⟦uv@latest⟧\nbrew install jq ⟦uv⟧\napk add ⟦uv⟧\nconda install -y ⟦conda-forge::uv⟧\ncargo install ⟦uv⟧\n"}),
        Example("setup-uv", {".github/workflows/ci.yml": _WORKFLOW.format(f"⟦{_SETUP}⟧")}, message='`version: "VERSION"`'),
        Example("setup-uv with a range", {".github/workflows/ci.yml": _WORKFLOW.format(f'⟦{_SETUP}⟧\n        with:\n          version: "0.9.x"')}, message="0.9.x"),
        Example(
            "images",
            {
                "Dockerfile": "ARG UV=latest\nFROM index.example/astral-sh/uv:0.9.2 AS uv\nFROM ⟦index.example/astral-sh/uv:python3.12-alpine⟧ AS b\n"
                "COPY --from=⟦index.example/astral-sh/uv⟧ /uv /bin/\nCOPY --from=⟦index.example/astral-sh/uv:${UV}⟧ /uv /bin/\n"
                "RUN --mount=from=⟦index.example/astral-sh/uv:latest⟧,source=/uv,target=/bin/uv uv --version\n"
            },
        ),
        Example("images that jobs run in", {".github/workflows/ci.yml": "jobs:\n  a:\n    container: ⟦index.example/astral-sh/uv:alpine⟧\n    steps: []\n",
                                           ".gitlab-ci.yml": "a:\n  image: ⟦index.example/astral-sh/uv⟧\n  script: [x]\nb:\n  image: index.example/astral-sh/uv:0.9.2\n"}),
        Example("one release", {"a.sh": "curl -LsSf https://dl.example/uv/0.9.2/install.sh | sh\nwget https://dl.example/uv/${UV_VERSION}/install.sh\npip install uv==0.9.2\n"}),
        Example("a version in a variable", {"a.sh": 'pip install "uv==$UV_VERSION"\npipx install "uv${UV_SPECIFIER}"\nV=\npip install uv$V\n'}),
        Example("other managers with a release", {"a.sh": "pipx install uv==0.9.2\nuv tool install uv@0.9.2\napk add uv=0.9.2-r0\nconda install uv=0.9.2\ncargo install uv --version 0.9.2\n"}),
        Example("hashes and constraints", {"a.sh": "pip install --require-hashes -r uv.txt\npip install -c constraints.txt uv\n"}),
        Example("setup-uv with a version", {".github/workflows/ci.yml": _WORKFLOW.format(f'{_SETUP}\n        with:\n          version: "0.9.2"')}),
        Example("setup-uv that reads uv's settings", {".github/workflows/ci.yml": _WORKFLOW.format(_SETUP), "pyproject.toml": '[tool.uv]\nrequired-version = ">=0.9"\n'}),
        Example("images of one release", {"Dockerfile": "FROM index.example/astral-sh/uv:0.9.2-alpine AS uv\nFROM base\nCOPY --from=uv /uv /bin/\nCOPY --from=index.example/astral-sh/uv@sha256:00 /uv /bin/\n"}),
        Example("other packages", {"a.sh": "pip install uvicorn uvloop\nconda create -n uv python\napk add uvicorn\ncurl https://dl.example/uv/README.md\n"}),
        Example("what only the run can tell", {".github/workflows/ci.yml": _WORKFLOW.format(f"{_SETUP}\n        with:\n          version: ${{{{ inputs.uv }}}}"),
                                               "Dockerfile": "ARG UV\nFROM index.example/astral-sh/uv:${UV}\n"}),
        Example("allowed by policy", {"a.sh": "pip install uv\n"}, options={"allowed-installs": [{"packages": ["uv"], "reason": "the bootstrap"}]}),
        Example("text that does not run", {"a.sh": "echo pip install uv\n# pip install uv\n", "README.md": "```bash\npip install uv\n```\n"}),
    ),
)  # fmt: skip
