"""A secret in a build stage that the public image is built from.

Why: what `ARG`, `ENV` and `COPY` bring into a stage stays in the image, in its history or in the build's cache, for everyone who can
pull it; deleting the file in a later layer deletes nothing. A secret that is mounted (`RUN --mount=type=secret`) leaves no trace, but whoever
does not have it cannot build the stage: in the public stage that is everybody outside.

Fix: mount the secret in a later stage of its own, which the public target does not reach, as the guide's `jet` stage does. Where a mounted secret is only used
if it is there, say `required=false` in the mount, or test for its file. Judged are the stages that the `target` of an environment reaches in its
`dockerfile`, through `FROM` and `--from=`; in every other Dockerfile those of its last stage, where a mounted secret is nobody's concern.
A name counts as secret by its last word (`NGC_API_KEY`, `GH_TOKEN`, `DB_PASSWORD`; not `MAX_TOKENS`, `TOKEN_FILE`), a value unless it is empty, a switch, or
a stand-in such as `dummy`; a `.npmrc` or `pip.conf` of the repository by what it holds.

References: guide section "Step 1 — Acquire an Image"; https://docs.docker.com/build/building/secrets/;
https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/
"""

import re
from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath

from policy_checks.containers.public_stages import PUBLIC_STAGES, DockerfileInPlace
from policy_checks.containers.secrets import (
    holds_credentials,
    is_credentials_file,
    is_no_secret,
    is_secret_name,
    may_hold_credentials,
    passwords,
)
from policy_checks.environment import Environment
from policy_checks.readers.build_stages import BuildStage, Copied, Mount, Setting
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Place, Span


@record
class Options:
    """The environments, for the Dockerfile and the public stage of each."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(found: DockerfileInPlace, options: Options) -> Iterator[Problem]:
    """The problems of one Dockerfile, each once however many targets reach it."""
    targets = _targets(found, options)
    stages: dict[int, bool] = {}
    for target in targets or ("",):
        for number, is_part in found.stages.reached(target).items():
            stages[number] = stages.get(number, False) or is_part
    for number, is_part in sorted(stages.items()):
        stage = found.stages.stages[number]
        judged = _Judged(found, stage, is_part)
        yield from judged.settings()
        yield from judged.copies()
        yield from judged.addresses()
        if targets:
            yield from judged.mounts()


def _targets(found: DockerfileInPlace, options: Options) -> list[str]:
    """The public targets that the environments declare for a Dockerfile."""
    own = [one for one in options.environments.values() if one.dockerfile and normpath(one.dockerfile) == found.stages.file.path]
    return [one.target for one in own]


@record(eq=False)
class _Judged:
    """One stage, and whether its layers are part of the public image."""

    found: DockerfileInPlace
    stage: BuildStage
    is_part: bool

    def settings(self) -> Iterator[Problem]:
        """`ENV` and `ARG`."""
        for setting in self.stage.settings:
            value = setting.value
            if is_secret_name(setting.name) and not (value is not None and value.known and is_no_secret(value.value)):
                yield self._problem(setting.span, f"`{setting.keyword} {setting.name}` {self._kept(setting)}", _MOUNT.format(setting.name))

    def _kept(self, setting: Setting) -> str:
        if not self.is_part:
            return f"stays in the build cache of stage `{self.stage}`, which the public image is made with"
        where = "in every container of the public image" if setting.keyword == "ENV" else "in the history of the public image"
        return f"stays {where}, by stage `{self.stage}`"

    def copies(self) -> Iterator[Problem]:
        """`COPY` and `ADD` of credentials."""
        for copied in self.stage.copies:
            secret = next((text for text in (*copied.sources, copied.target) if is_credentials_file(text.value)), None)
            secret = secret or next((text for text in copied.sources if self._holds_credentials(copied, text.value)), None)
            if secret:
                where = "a layer of the public image" if self.is_part else "the build cache"
                what = f"the credentials in `{secret.written}` stay in {where}, by stage `{self.stage}`, even if a later instruction deletes them"
                yield self._problem(secret.span, what, _MOUNT.format("NAME"))

    def _holds_credentials(self, copied: Copied, path: str) -> bool:
        if copied.origin or not may_hold_credentials(path):
            return False
        workspace = self.found.workspace
        for one in (normpath(path.lstrip("/")), normpath(join(dirname(self.found.stages.file.path), path.lstrip("/")))):
            if (file := workspace.get(one)) is not None:
                return holds_credentials(file.text)
        return False

    def addresses(self) -> Iterator[Problem]:
        """Passwords inside of addresses."""
        text = self.found.stages.file.text
        sources = (text.span for copied in self.stage.copies for text in copied.sources)
        spans = [*self.stage.runs, *sources, *(setting.value.span for setting in self.stage.settings if setting.value)]
        for span in sorted({found for around in spans for found in passwords(text, around.start, around.end)}):
            yield self._problem(span, f"this password stays in the history of stage `{self.stage}`", _MOUNT.format("NAME"))

    def mounts(self) -> Iterator[Problem]:
        """Secrets that a build of the public stage needs."""
        for mount in self.stage.mounts:
            if mount.options.get("type") == "secret" and not _is_optional(mount):
                name = mount.options.get("id") or mount.options.get("target") or "a secret"
                what = f"the public stage `{self.stage}` needs the secret `{name}`: whoever does not have it cannot build it"
                yield self._problem(mount.span, what, "move this to a stage behind the public one, or say `required=false`")

    def _problem(self, span: Span, what: str, advice: str) -> Problem:
        return Problem(Place(self.found.stages.file, span), f"{what}; {advice}")


_MOUNT = "mount it where it is used, `RUN --mount=type=secret,id={}`, in a stage that is not public"


def _is_optional(mount: Mount) -> bool:
    """Whether the mount says so, or the command looks first (a mount is not required by default: the command fails, not the mount)."""
    if "required" in mount.options:
        return mount.options["required"].lower() in ("false", "0")
    name = mount.options.get("id") or mount.options.get("target", "").rpartition("/")[2]
    where = [mount.options[key] for key in ("target", "dst", "destination") if key in mount.options] or [f"/run/secrets/{name}"]
    tested = "|".join(rf"-[fesr]\s+[\"']?{re.escape(path)}" for path in where)
    variable = re.escape(mount.options.get("env", ""))
    if variable:
        tested += rf"|-[nz]\s+[\"']?\$\{{?{variable}|\$\{{{variable}:?[-+]"
    return re.search(tested, mount.runs) is not None


_ENVIRONMENTS = {"environments": {"dev": {"dockerfile": "docker/Dockerfile", "target": "main"}}}
_JET = "FROM main AS jet\nARG GH_TOKEN\nRUN --mount=type=secret,id=INDEX cat /run/secrets/INDEX\n"

RULE = Rule(
    code="IMG006",
    name="secret-in-public-stage",
    severity=Severity.ERROR,
    subject=PUBLIC_STAGES,
    check=check,
    options=Options,
    examples=(
        Example(
            "a secret that the public stage cannot be built without",
            {"docker/Dockerfile": "FROM base AS main\nRUN ⟦--mount=type=secret,id=INDEX⟧ pip install -i $(cat /run/secrets/INDEX) x\n"},
            options=_ENVIRONMENTS,
            message="needs the secret `INDEX`",
        ),
        Example(
            "what stays in the image",
            {
                "docker/Dockerfile": "FROM base AS main\nARG ⟦GH_TOKEN⟧\nENV A=b ⟦NGC_API_KEY=$GH_TOKEN⟧\n"
                "COPY --chown=1 ⟦id_rsa⟧ /root/.ssh/id_rsa\nCOPY netrc ⟦/root/.netrc⟧\n"
                "RUN git clone https://⟦robot:s3cr3t⟧@git.example/a.git\nADD https://⟦robot:s3cr3t⟧@hub.example/a.tar.gz /a/\n"
            },
            options=_ENVIRONMENTS,
            message="stay",
        ),
        Example(
            "stages that the public one is built from, and copies from",
            {
                "docker/Dockerfile": "FROM base AS tools\nENV ⟦DB_PASSWORD=hunter2⟧\nFROM base AS below\nARG ⟦HF_TOKEN=abc⟧\n"
                "FROM below AS main\nCOPY --from=tools /a /a\n" + _JET
            },
            options=_ENVIRONMENTS,
            message="stage `",
        ),
        Example(
            "a file of settings that holds a token",
            {"docker/Dockerfile": "FROM base AS main\nCOPY ⟦.npmrc⟧ /root/\n", ".npmrc": "//npm.example/:_authToken=abcdef\n"},
            options=_ENVIRONMENTS,
            message="stay in a layer",
        ),
        Example(
            "no environment's: the last stage is what is built",
            {"Dockerfile": "FROM base\nENV ⟦AWS_SECRET_ACCESS_KEY=abc/def⟧\nRUN --mount=type=secret,id=X cat /run/secrets/X\n"},
            message="AWS_SECRET_ACCESS_KEY",
        ),
        Example(
            "a later stage, and one beside",
            {"docker/Dockerfile": "FROM base AS beside\nENV X_TOKEN=abc\nFROM base AS main\nRUN make\n" + _JET},
            options=_ENVIRONMENTS,
        ),
        Example(
            "secrets that are used if they are there",
            {
                "docker/Dockerfile": "FROM base AS main\nRUN --mount=type=secret,id=A,required=false make\n"
                "RUN --mount=type=secret,id=B if [ -f /run/secrets/B ]; then make; fi\n"
                'RUN --mount=type=secret,id=C,env=C_TOKEN test -z "$C_TOKEN" || make\n'
            },
            options=_ENVIRONMENTS,
        ),
        Example(
            "names and values that are no secrets",
            {
                "docker/Dockerfile": "FROM base AS main\nARG TOKENIZERS_VERSION=1\nENV TOKENIZERS_PARALLELISM=false MAX_TOKENS=5 PAD_TOKEN=0\n"
                "ENV SECRET_KEY_BASE=dummy DB_PASSWORD= MYSQL_ALLOW_EMPTY_PASSWORD=yes GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D\n"
                "ENV POSTGRES_PASSWORD_FILE=/run/secrets/db TOKEN_URL=https://id.example/token AWS_ACCESS_KEY_ID_FILE=/x\n"
            },
            options=_ENVIRONMENTS,
        ),
        Example(
            "files that hold no credentials",
            {
                "docker/Dockerfile": "FROM base AS main\nCOPY id_rsa.pub .npmrc pip.conf /root/\nCOPY credentials.py /app/\n",
                ".npmrc": "registry=https://npm.example\n//npm.example/:_authToken=${NPM_TOKEN}\n",
                "docker/pip.conf": "[global]\nindex-url = https://pypi.example/simple\n",
            },
            options=_ENVIRONMENTS,
        ),
        Example(
            "addresses without a password that is anyone's",
            {
                "docker/Dockerfile": "FROM base AS main\nRUN git clone ssh://git@git.example/a && curl http://user:password@host.example\n"
                'RUN --mount=type=secret,id=T,required=false git clone "https://x:$(cat /run/secrets/T)@git.example/a"\n'
            },
            options=_ENVIRONMENTS,
        ),
        Example("a global argument that no stage declares", {"Dockerfile": "ARG API_TOKEN=abc\nFROM base\nRUN make\n"}),
    ),
)
