"""What looks like a secret, and what does not."""

import pytest

from policy_checks.containers.secrets import holds_credentials, is_credentials_file, is_no_secret, is_secret_name, passwords


@pytest.mark.parametrize(
    "name",
    "HF_TOKEN NGC_API_KEY gh_token DB_PASSWORD PGPASSWORD AWS_SECRET_ACCESS_KEY SSH_PRIVATE_KEY PIP_CREDENTIALS TOKEN_1 NPM_AUTH_KEY".split(),
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    "TOKENIZERS_VERSION TOKENIZERS_PARALLELISM MAX_TOKENS PAD_TOKEN EOS_TOKEN GPG_KEY PASSWORD_FILE TOKEN_URL PUBLIC_KEY KEYBOARD SECRETS_DIR PWD "
    "MYSQL_ALLOW_EMPTY_PASSWORD MYSQL_RANDOM_ROOT_PASSWORD COMPASS AUTHOR CACHE_KEY".split(),
)
def test_other_names(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value", ["", "dummy", "changeme", "<token>", "yes", "0", "your-token", "not-needed", "placeholder-1", "no-secret"]
)
def test_stand_ins(value: str) -> None:
    assert is_no_secret(value)


@pytest.mark.parametrize("value", ["hunter2", "nagios", "$TOKEN", "0123456789abcdef"])
def test_values(value: str) -> None:
    assert not is_no_secret(value)


@pytest.mark.parametrize(("path", "expected"), [("a/.netrc", True), ("id_ed25519", True), ("id_rsa.pub", False), ("credentials.py", False)])
def test_files(path: str, expected: bool) -> None:
    assert is_credentials_file(path) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://robot:s3cr3t@git.example/x", ["robot:s3cr3t"]),
        ("https://:s3cr3t@git.example/x", [":s3cr3t"]),
        ("https://oauth2:$TOKEN@git.example", []),
        ("https://user:password@host.example", []),
        ("ssh://git@git.example:22/x http://host.example:80/a@b", []),
        ("https://" + "a:" * 5000, []),
    ],
)
def test_addresses(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in passwords(text, 0, len(text))] == expected


def test_settings_files() -> None:
    assert holds_credentials("//npm.example/:_authToken=abc\n")
    assert holds_credentials("index-url = https://u:s3cr3t@pypi.example/simple\n")
    assert not holds_credentials("//npm.example/:_authToken=${NPM_TOKEN}\nregistry=https://npm.example\n")
