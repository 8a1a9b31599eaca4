"""Configuration: what is read, how it merges, and that every fault is told with its place."""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks import config, registry
from policy_checks.config import effective, layers, listing
from policy_checks.config.schema import schema
from policy_checks.environment import Environment
from policy_checks.readers.install_policy import AllowedInstall
from policy_checks.record import made, record
from policy_checks.source import SourceFile

CODES = ("LCK001", "LCK002", "PIP001", "PIP002", "CMT001")
BROKEN = sorted((Path(__file__).parent / "config_errors").glob("*.toml"))


@record
class Ban:
    package: str
    reason: str
    environments: tuple[str, ...] = ()


class Level(StrEnum):
    OFF = "off"
    PRESENT = "present"


@record
class Commits:
    signature: Level = Level.PRESENT
    sign_off: bool = True
    before: date | None = None
    exempt_merges: bool = True
    share: float = 0.5


@record
class Options:
    environments: Mapping[str, Environment] = made(default_factory=dict)
    bans: tuple[Ban, ...] = ()
    allowed_installs: tuple[AllowedInstall, ...] = ()


@record
class Others:
    bans: tuple[Ban, ...] = ()
    commits: Commits = made(default_factory=Commits)


DECLARED = (Options, Others)


def loaded(**files: str) -> config.Config:
    """The configuration of a tree; `policy_checks` stands for policy-checks.toml, `a__b` for a/b.toml."""
    texts = {name.replace("__", "/").replace("policy_checks", "policy-checks") + ".toml": text for name, text in files.items()}

    def read(path: str) -> SourceFile | None:
        return SourceFile(path, texts[path].encode()) if path in texts else None

    return config.load_from(read, declared=DECLARED, codes=CODES)


def faults(**files: str) -> list[str]:
    with pytest.raises(config.ConfigError) as caught:
        loaded(**files)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_every_fault_is_told_at_once(path: Path, tmp_path: Path) -> None:
    """Each file of the folder is wrong; beside it stands all that is said about it."""
    (tmp_path / "policy-checks.toml").write_bytes(path.read_bytes())
    with pytest.raises(config.ConfigError) as caught:
        config.load(tmp_path, declared=DECLARED, codes=CODES)
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text()


def test_nothing_configured_is_everything_by_default(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    settings = config.load(tmp_path, declared=DECLARED, codes=CODES)
    assert (settings.keys.select, settings.keys.waivers, settings.options(Options)) == ((), (), Options())


def test_fields_are_kebab_case_keys_of_the_table() -> None:
    table = """
        select = ["PIP", "LCK002"]
        commits = { signature = "off", sign-off = false, before = 2026-01-31, share = 1 }
        bans = [{ package = "x", reason = "y", environments = ["lts"] }]
        [environments.lts]
        base-image = "docker/.ngc_version.lts"
        groups = ["lts"]
        [per-file-ignores]
        "tests/**" = ["PIP"]
    """
    settings = loaded(policy_checks=table)
    assert settings.keys.select == ("PIP", "LCK002")
    assert settings.keys.per_file_ignores == {"tests/**": ("PIP",)}
    assert settings.options(Options).environments == {"lts": Environment(groups=("lts",), base_image="docker/.ngc_version.lts")}
    assert settings.options(Others) == Others((Ban("x", "y", ("lts",)),), Commits(Level.OFF, False, date(2026, 1, 31), share=1.0))
    assert settings.options(Others) is settings.options(Others)


def test_pyproject_holds_it_in_its_tool_table() -> None:
    assert loaded(pyproject='[tool.policy-checks]\nselect = ["PIP"]\n').keys.select == ("PIP",)
    assert faults(pyproject="[tool]\npolicy-checks = 3\n") == ["pyproject.toml:2:17: expected a table [tool.policy-checks]"]


def test_two_policies_are_none() -> None:
    text = '[tool.policy-checks]\nselect = ["PIP"]\n'
    assert faults(pyproject=text, policy_checks="") == [
        "pyproject.toml:1:2: policy-checks.toml holds a configuration too: keep one of the two"
    ]
    assert loaded(pyproject='[project]\nname = "policy-checks"\n', policy_checks='select = ["LCK"]').keys.select == ("LCK",)


def test_a_project_that_is_no_toml_is_left_to_the_rules_unless_it_may_hold_the_policy() -> None:
    assert loaded(pyproject="[project\n").keys.select == ()
    assert faults(pyproject="[tool.policy-checks\n")[0].startswith("pyproject.toml:1:20: not TOML: ")


def test_extended_files_lie_below_what_extends_them() -> None:
    settings = loaded(
        policy_checks="""
            extends = ["ci/first.toml", "ci/second.toml"]
            ignore = ["LCK001"]
            bans = [{ package = "own", reason = "c" }]
            environments.lts.groups = ["lts"]
        """,
        ci__first="""
            extends = ["bottom.toml"]
            select = ["PIP"]
            ignore = ["LCK002", "PIP001"]
            bans = [{ package = "first", reason = "a" }]
        """,
        ci__second="""
            extends = ["bottom.toml"]
            select = ["LCK"]
            environments.lts = { groups = ["old"], extras = ["ssm"] }
            commits.sign-off = false
        """,
        ci__bottom='bans = [{ package = "bottom", reason = "0" }]',
    )
    assert (settings.keys.select, settings.keys.ignore) == (("LCK",), ("LCK001",))  # replaced
    assert [ban.package for ban in settings.options(Options).bans] == ["bottom", "first", "own"]  # appended, each file once
    assert settings.options(Options).environments == {"lts": Environment(groups=("lts",), extras=("ssm",))}  # merged
    assert not settings.options(Others).commits.sign_off


def test_an_empty_list_clears_what_was_extended() -> None:
    settings = loaded(policy_checks='extends = ["base.toml"]\nbans = []\n', base='bans = [{ package = "x", reason = "y" }]\n')
    assert settings.options(Options).bans == ()


def test_faults_are_told_where_they_stand_after_merging() -> None:
    assert faults(
        policy_checks='extends = ["base.toml"]\n[[bans]]\nreason = 4\npackage = "y"\n[environments.lts]\ngroups = [1]\n',
        base='[[bans]]\npackage = "x"\nreason = "a"\nenvironments = "all"\n[environments.lts]\ngroups = [2, 3]\nextras = [5]\n',
    ) == [
        "base.toml:4:16: bans[0].environments: expected a list of strings, got a string",
        "base.toml:7:11: environments.lts.extras[0]: expected a string, got an integer",
        "policy-checks.toml:3:10: bans[1].reason: expected a string, got an integer",
        "policy-checks.toml:6:11: environments.lts.groups[0]: expected a string, got an integer",
    ]


def test_a_circle_is_named() -> None:
    assert faults(policy_checks='extends = ["a.toml"]', a='extends = ["b.toml"]', b='extends = ["a.toml"]') == [
        "b.toml:1:12: extends[0]: policy-checks.toml → a.toml → b.toml → a.toml: a file cannot extend itself"
    ]


def test_a_waiver_is_found_in_its_file() -> None:
    text = '[[waivers]]\ncodes = ["PIP001"]\nreason = "x"\npaths = ["{}"]\n'
    settings = loaded(policy_checks=f'extends = ["base.toml"]\n{text.format("own")}', base=text.format("base"))
    places = [settings.place("waivers", index) for index in range(2)]
    assert [place and (place.file.path, place.line) for place in places] == [("base.toml", 1), ("policy-checks.toml", 2)]
    assert [waiver.paths for waiver in settings.keys.waivers] == [("base",), ("own",)]


def test_a_named_file_stands_in_for_the_root_s_own(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "policy-checks.toml").write_text("nonsense")
    (tmp_path / "other.toml").write_text('extends = ["base.toml"]\nselect = ["PIP"]\n')
    (tmp_path / "base.toml").write_text('ignore = ["LCK"]\n')
    settings = config.load(root, file=tmp_path / "other.toml", declared=DECLARED, codes=CODES)
    assert (settings.keys.select, settings.keys.ignore) == (("PIP",), ("LCK",))
    (root / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(config.ConfigError, match=r"pyproject\.toml:1:1: expected a table"):
        config.load(root, file=root / "pyproject.toml")
    with pytest.raises(config.ConfigError, match=r"there is no configuration file 'absent\.toml'"):
        config.load(root, file=root / "absent.toml")


def test_isolated_reads_nothing(tmp_path: Path) -> None:
    (tmp_path / "policy-checks.toml").write_text("nonsense")
    assert config.load(tmp_path, isolated=True, declared=DECLARED).keys.select == ()


def test_what_leads_out_of_the_tree_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.toml").write_text("token = 1\n")
    (root / "link").symlink_to(tmp_path)
    (root / "policy-checks.toml").write_text('extends = ["link/secret.toml"]\n')
    with pytest.raises(config.ConfigError, match=r"link/secret\.toml:1:1: leads outside the repository"):
        config.load(root)


def test_a_policy_that_several_repositories_share_lies_beside_them(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (tmp_path / "policy").mkdir()
    root.mkdir()
    (tmp_path / "policy/base.toml").write_text('extends = ["more.toml", "preset:recommended"]\nselect = ["PIP"]\n')
    (tmp_path / "policy/more.toml").write_text('ignore = ["PIP001"]\n')
    (root / "policy-checks.toml").write_text('extends = ["../policy/base.toml"]\nselect = ["LCK"]\n')
    settings = config.load(root, declared=DECLARED, codes=CODES)
    assert (settings.keys.select, settings.keys.ignore) == (("LCK",), ("PIP001",))
    assert settings.merged.files == ("../policy/more.toml", "preset:recommended", "../policy/base.toml", "policy-checks.toml")
    assert [settings.is_shared(key) for key in ("select", "ignore", "exclude")] == [False, True, True]
    (tmp_path / "policy/more.toml").write_text('ignore = ["PIP01"]\nextends = ["../root/policy-checks.toml"]\n')
    with pytest.raises(config.ConfigError) as caught:
        config.load(root, declared=DECLARED, codes=CODES)
    first, second = str(caught.value).splitlines()
    assert first == "../policy/more.toml:1:11: ignore[0]: no rule's code starts with 'PIP01', perhaps you meant 'PIP001'"
    assert second.startswith(
        "../root/policy-checks.toml:1:12: extends[0]: policy-checks.toml → ../policy/base.toml → ../policy/more.toml →"
    )
    assert second.endswith("→ ../policy/base.toml: a file cannot extend itself")


def test_a_revision_sees_nothing_beside_it() -> None:
    (told,) = faults(policy_checks='extends = ["../policy/base.toml"]\n')
    assert told.startswith("policy-checks.toml:1:12: extends[0]: '../policy/base.toml' lies outside the tree that is judged; name")


def test_only_settings_are_looked_for_outside(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "token").write_text("secret = 1\n")
    (tmp_path / "linked.toml").symlink_to("token")
    (tmp_path / "root/policy-checks.toml").write_text('extends = ["../token", "../linked.toml", "..\\\\token.toml"]\n')
    with pytest.raises(config.ConfigError) as caught:
        config.load(tmp_path / "root", declared=DECLARED, codes=CODES)
    assert "secret" not in str(caught.value)
    assert len(caught.value.faults) >= 1


def test_a_record_knows_where_it_is_written() -> None:
    base = '[[allowed-installs]]\npaths = ["a"]\nreason = "a"\n'
    own = 'extends = ["base.toml"]\n[[allowed-installs]]\nreason = "b"\npaths = ["b", "c"]\n'
    first, second = loaded(base=base, policy_checks=own).options(Options).allowed_installs
    places = [first.origin.place(), second.origin.place(), second.origin.place("paths", 1), second.origin.place("stages")]
    assert [(place.file.path, place.line, place.file.cut(place.span)) for place in places] == [
        ("base.toml", 1, "allowed-installs"),
        ("policy-checks.toml", 2, "allowed-installs"),
        ("policy-checks.toml", 4, '"c"'),
        ("policy-checks.toml", 2, "allowed-installs"),
    ]
    assert second == AllowedInstall("b", paths=("b", "c"))
    assert hash(second) == hash(AllowedInstall("b", paths=("b", "c")))
    nowhere = config.of({"allowed-installs": [{"reason": "a", "paths": ["b"]}]}).options(Options).allowed_installs[0].origin.place()
    assert (nowhere.file.path, nowhere.line) == ("pyproject.toml", 1)
    assert faults(policy_checks='[[allowed-installs]]\nreason = "a"\npaths = ["a"]\norigin = 1\n') == [
        "policy-checks.toml:4:1: allowed-installs[0].origin: unknown key 'origin'"
    ]


@pytest.mark.parametrize("path", ["/etc/x.json", "../x.json", "./x.json", "a//x.json", "a\\\\x.json"])
def test_a_baseline_lies_below_the_root(path: str) -> None:
    assert "is no path below the root" in faults(policy_checks=f'baseline = "{path}"\n')[0]


def test_a_folder_in_the_place_of_a_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "policy-checks.toml").mkdir()
    with pytest.raises(config.ConfigError, match=r"policy-checks\.toml:1:1: cannot be read"):
        config.load(tmp_path)


def test_two_types_that_differ_about_a_key_are_a_fault_of_the_program() -> None:
    @record
    class Other:
        bans: tuple[str, ...] = ()

    with pytest.raises(TypeError, match="the key 'bans'"):
        config.of({}, declared=(Options, Other))


def test_a_type_that_no_setting_can_have_is_a_fault_of_the_program() -> None:
    @record
    class Other:
        anything: complex = 0j

    with pytest.raises(TypeError, match="is no type of a setting"):
        config.of({}, declared=(Other,))


def test_without_declared_types_only_what_is_asked_for_is_checked() -> None:
    settings = config.of({"bans": 3, "unheard-of": 1})
    with pytest.raises(config.ConfigError, match=r"^bans: expected a list of tables, got an integer$"):
        settings.options(Options)


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("*.py", "a/b/c.py", True),
        ("*.py", "c.pyi", False),
        ("tests", "a/tests/b/c.py", True),
        ("tests/", "tests/b.py", True),
        ("tests/*.py", "tests/b/c.py", False),
        ("/tests", "a/tests/b.py", False),
        ("a/*/c", "a/b/c/d", True),
        ("a/**/d", "a/d", True),
        ("a/**/d", "a/b/c/d", True),
        ("a/**", "a/b/c", True),
        ("a/**", "b/a/c", False),
        ("**/c.[ch]", "a/b/c.h", True),
        ("**", "anything/at/all", True),
        ("", "a", False),
        ("/", "a", False),
        ("a b?", "a b\n", True),
    ],
)
def test_patterns(pattern: str, path: str, covered: bool) -> None:
    assert config.matches(path, pattern) is covered


NAMES = st.text("ab*?", min_size=1, max_size=3).filter(lambda name: name != "**")


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=3))
def test_a_pattern_covers_everything_below_what_it_covers(folders: list[str], below: list[str]) -> None:
    pattern = "/" + "/".join(folders)
    path = "/".join(name.replace("*", "a").replace("?", "b") for name in folders)
    assert config.matches(path, pattern)
    assert config.matches("/".join([path, *below]), pattern)


def test_many_stars_end_soon() -> None:
    assert not config.matches("/".join(["a" * 200] * 40), "/".join(["**/*a*a*a*a*a*a*b"] * 40))


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["package", "reason", "groups", "x"]), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["bans", "environments", "commits", "waivers", "select", "per-file-ignores", "y"]), JSON_LIKE))
def test_any_table_is_decoded_or_refused(table: dict[str, object]) -> None:
    try:
        found: object = config.of(table, declared=DECLARED, codes=CODES).options(Options)
    except config.ConfigError as error:
        found = error.faults
    assert found


@pytest.mark.parametrize("name", layers.presets())
def test_presets_are_right(name: str) -> None:
    own = SourceFile("policy-checks.toml", f'extends = ["preset:{name}"]\n'.encode())
    codes = [rule.code for rule in registry.all_rules()]
    settings = config.load_from({own.path: own}.get, declared=[rule.options for rule in registry.all_rules()], codes=codes)
    assert settings.excluded("third_party/x.sh")


def test_a_preset_lies_below_what_extends_it() -> None:
    settings = loaded(policy_checks='extends = ["preset:recommended"]\nexclude = ["mine"]\ncommits = { exempt-merges = false }\n')
    assert settings.keys.exclude == ("mine",)
    assert settings.options(Others).commits.exempt_merges is False
    place = settings.place("commits", "sign-off")
    assert place is not None
    assert place.file.path == "preset:recommended"


def test_what_is_selected_beside_adds_up() -> None:
    base = 'select = ["LCK"]\nextend-select = ["PIP002"]\n'
    settings = loaded(a=base, policy_checks='extends = ["a.toml"]\nextend-select = ["CMT"]\n')
    assert (settings.keys.select, settings.keys.extend_select) == (("LCK",), ("PIP002", "CMT"))
    place = settings.place("extend-select", 0)
    assert place is not None
    assert (place.file.path, place.file.cut(place.span)) == ("a.toml", '"PIP002"')
    assert faults(policy_checks='extend-select = ["PIP02"]\n') == [
        "policy-checks.toml:1:18: extend-select[0]: no rule's code starts with 'PIP02', perhaps you meant 'PIP002'"
    ]


def test_the_schema_tells_what_the_decoder_takes() -> None:
    found = schema(DECLARED)
    assert set(found["properties"]) == {
        *("select", "extend-select", "ignore", "exclude", "extends", "per-file-ignores", "waivers", "baseline"),
        *("environments", "bans", "commits", "allowed-installs"),
    }
    assert found["properties"]["bans"]["items"]["required"] == ["package", "reason"]
    assert found["properties"]["commits"]["properties"]["signature"] == {
        "type": "string",
        "enum": ["off", "present"],
        "default": "present",
    }
    assert found["properties"]["commits"]["properties"]["before"]["format"] == "date"
    assert found["properties"]["per-file-ignores"]["additionalProperties"] == {"type": "array", "items": {"type": "string"}}
    assert (
        found["properties"]["environments"]["additionalProperties"]["properties"]["groups"]["description"] == "dependency-groups (PEP 735)"
    )
    assert found["properties"]["allowed-installs"]["items"]["properties"]["inside-image"]["default"] is False
    assert found["properties"]["environments"]["additionalProperties"]["additionalProperties"] is False


def test_what_the_documentation_shows_is_right() -> None:
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    declared = [rule.options for rule in registry.all_rules()]
    for example in examples:
        file = SourceFile("pyproject.toml", example.encode())
        shown = config.load_from({file.path: file}.get, outside=lambda path: SourceFile(path, b""), declared=declared)
        assert shown.merged.data or "extends" in example
    assert all(f"`{name}`" in text for name in ("select", "ignore", "exclude", "extends", "baseline"))
    assert all(f"`preset:{name}`" in text for name in layers.presets())


@record
class Loose:
    name: str = ""
    inner: tuple["Loose", ...] = ()


@record
class LooseOptions:
    loose: tuple[Loose, ...] = ()
    by_name: Mapping[str, Loose] = made(default_factory=dict)


TABLES = st.recursive(
    st.fixed_dictionaries({}, optional={"name": st.text(max_size=4)}),
    lambda inner: st.fixed_dictionaries({"inner": st.lists(inner, max_size=2)}, optional={"name": st.text(max_size=4)}),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.fixed_dictionaries({"loose": st.lists(TABLES, max_size=3), "by-name": st.dictionaries(st.text(max_size=3), TABLES, max_size=3)}))
def test_any_configuration_is_listed_as_it_is(table: dict[str, object]) -> None:
    shown = list(effective.settings(config.of(table), [LooseOptions]))
    listed = tomllib.loads("\n".join(listing.as_toml(shown, (), 40)))
    assert {key: listed[key] for key in table} == table
    assert {**json.loads("\n".join(listing.as_json(shown, ())))["configuration"], **table} == listed
