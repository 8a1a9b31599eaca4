"""What in a Dockerfile looks like a secret: names of variables, files that hold credentials, and addresses with a password."""

import re
from collections.abc import Iterator

from policy_checks.source import Span

# The secret's word stands last: `MAX_TOKENS`, `TOKENIZERS_PARALLELISM`, `PASSWORD_FILE` and `TOKEN_URL` hold none.
_SECRET = re.compile(
    r"(?:^|_)(?:\w*(?:PASSWORD|PASSWD|PASSPHRASE|APIKEY)|PASS|PWD|SECRETS?|TOKEN|CREDENTIALS?|SECRET_KEY_BASE"
    r"|(?:API|ACCESS|SECRET|PRIVATE|SSH|SIGNING|ENCRYPTION|DEPLOY|AUTH|ACCOUNT|STORAGE|LICENSE|MASTER)_?KEY|COOKIE_SECRET)"
    r"(?:_(?:BASE64|B64|VALUE|\d+))?$"
)
# Names that only sound so: tokens of a vocabulary, switches, key pairs' public half.
_NO_SECRET = re.compile(
    r"(?:^|_)(?:PUBLIC|PUB|EMPTY|RANDOM|NO|DISABLE|ENABLE|USE|REQUIRE|SKIP|ALLOW|GENERATE|EXPIRE"
    r"|(?:PAD|EOS|BOS|UNK|CLS|SEP|MASK|SPECIAL|START|END|STOP|IMAGE|NEXT|PER)_TOKEN)(?:_|$)|^(?:OLD)?PWD$"
)
_NO_VALUE = re.compile(
    r"(?:|true|false|yes|no|on|off|none|null|nil|[01]|.*(?:dummy|change[-_]?me|change[-_]?this|example|placeholder|fake|your[-_]|replace|"
    r"not[-_]?(?:a[-_])?(?:real|needed|used|set)|unused|xxx|\*\*\*|<.*>|todo|insert).*|(?:no|some|my|a|the)[-_]?(?:secret|token|password|key)|test(?:ing)?)",
    re.IGNORECASE | re.DOTALL,
)
_FILE = re.compile(
    r"(?:^|/)(?:[._]netrc|id_(?:rsa|dsa|ecdsa|ed25519)|\.pypirc|\.git-credentials|\.aws/credentials|\.dockerconfigjson|\.docker/config\.json"
    r"|application_default_credentials\.json|\.kube/config)$"
)
_SETTINGS_FILE = re.compile(
    r"(?:^|/)(?:\.npmrc|\.yarnrc(?:\.yml)?|pip\.(?:conf|ini)|uv\.toml|\.condarc|auth\.json|nuget\.config)$", re.IGNORECASE
)
_HELD = re.compile(r"_authToken\s*=\s*(?!\$)\S|_password\s*=\s*(?!\$)\S|_auth\s*=\s*(?!\$)\S|npmAuthToken:\s*[\"']?(?!\$)\S")
_ADDRESS = re.compile(r"(?<![\w+.-])[A-Za-z][A-Za-z0-9+.-]*://([^\s/:@'\"$<>{}|]*:([^\s/@'\"<>|]+))@[\w.\[$-]")
_LONGEST = 200  # characters of a name or a value that anybody writes
_SHOWN_USER = re.compile(r"(?:user(?:name)?|login|name|me|foo)$", re.IGNORECASE)
_SHOWN_PASSWORD = re.compile(r"(?:pass(?:word|wd)?|pw|secret|token|bar|[x*.]+)$", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Whether a variable of that name holds a secret."""
    upper = name.upper()[-_LONGEST:]
    return _SECRET.search(upper) is not None and _NO_SECRET.search(upper) is None


def is_no_secret(value: str) -> bool:
    """Whether a value is none that anybody had to hide: empty, a switch, or said to be a stand-in."""
    return len(value) <= _LONGEST and _NO_VALUE.fullmatch(value.strip()) is not None


def is_credentials_file(path: str) -> bool:
    """Whether a file of that name holds credentials and little else: `.netrc`, a private key."""
    return _FILE.search(path) is not None


def may_hold_credentials(path: str) -> bool:
    """Whether a file of that name holds settings, and credentials among them at times: `.npmrc`, `pip.conf`."""
    return _SETTINGS_FILE.search(path) is not None


def holds_credentials(text: str) -> bool:
    """Whether the text of such a file does."""
    return _HELD.search(text) is not None or next(passwords(text, 0, len(text)), None) is not None


def passwords(text: str, start: int, end: int) -> Iterator[Span]:
    """Where `user:password` stands in addresses; one that is a variable's, or a documentation's, is left out."""
    for found in _ADDRESS.finditer(text, start, end):
        shown = _SHOWN_USER.match(found[1].partition(":")[0]) and _SHOWN_PASSWORD.match(found[2])
        if not shown and "$" not in found[2] and not is_no_secret(found[2]):
            yield Span(*found.span(1))
