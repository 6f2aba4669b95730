"""`[sign_in]` of seedbed.toml: what it says, and what stops the start."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from seedbed.configuration import load_deployment
from seedbed.core.errors import NotReady
from seedbed.core.keys import Scope
from seedbed.core.sign_in import GroupRule, Oidc, SignInWays, TrustedHeader
from seedbed.outbound.identity import IdentityProvider
from seedbed.settings import Settings

GROUP = '[[sign_in.groups]]\ngroup = "video-team"\naccount = "video"\nroles = ["generate"]\n'
OIDC = '[sign_in.oidc]\nissuer = "https://login.acme.test/realms/a"\nclient_id = "seedbed"\n'
PAGE = (Path(__file__).resolve().parents[2] / "docs/signing-in.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
HEADER = '[sign_in.header]\nfrom = ["10.0.0.5/32"]\n'


@pytest.fixture
def ways(tmp_path):
    def ways(text: str) -> SignInWays:
        (tmp_path / "seedbed.toml").write_text(text, encoding="utf-8")
        return load_deployment(Settings(home=tmp_path)).sign_in

    return ways


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_documents_can_be_read(ways, example):
    assert ways(example).groups


def test_without_the_table_there_is_only_the_key(ways):
    assert ways("") == SignInWays()


def test_what_is_left_out_has_its_usual_value(ways):
    said = ways(OIDC + HEADER + GROUP)

    assert said.oidc == Oidc(
        issuer="https://login.acme.test/realms/a",
        client_id="seedbed",
        label="login.acme.test",
        scopes=("openid", "email", "profile"),
        name_claim="email",
        groups_claim="groups",
    )
    assert said.header == TrustedHeader(
        user="X-Forwarded-User", groups="X-Forwarded-Groups", proxies=(ip_network("10.0.0.5/32"),)
    )
    assert said.groups == (GroupRule("video-team", "video", frozenset({Scope.GENERATE})),)


def test_everything_may_be_said(ways):
    oidc = OIDC + (
        'client_secret_file = "/run/secrets/acme"\nscopes = ["openid", "groups"]\nname_claim = "name"\n'
        'groups_claim = "roles"\nlabel = "회사"\n'
    )
    group = '[[sign_in.groups]]\ngroup = "팀"\naccount = "video"\nroles = ["admin", "generate"]\n'

    said = ways(oidc + GROUP + group)

    assert (said.oidc.scopes, said.oidc.label, said.oidc.groups_claim) == (("openid", "groups"), "회사", "roles")
    assert [rule.group for rule in said.groups] == ["video-team", "팀"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OIDC, "nobody could sign in"),
        (GROUP, "neither [sign_in.oidc] nor [sign_in.header]"),
        ("[sign_in.header]\n" + GROUP, "needs `from`"),
        (HEADER.replace("10.0.0.5/32", "0.0.0.0/0") + GROUP, "must not be everybody"),
        (HEADER.replace("10.0.0.5/32", "::/0") + GROUP, "must not be everybody"),
        (HEADER.replace("10.0.0.5/32", "10.0.0.5/8") + GROUP, "no network"),
        (HEADER.replace("10.0.0.5/32", "proxy") + GROUP, "no network"),
        (HEADER + 'user = "X User"\n' + GROUP, "not the name of a header"),
        (HEADER + 'user = "x-forwarded-groups"\n' + GROUP, "two headers"),
        (OIDC.replace("https", "http") + GROUP, "https://"),
        (OIDC.replace("https://login.acme.test/realms/a", "login.acme.test") + GROUP, "issuer is a URL"),
        (OIDC.replace("/realms/a", "/?a=b") + GROUP, "issuer is a URL"),
        (OIDC.replace("login.acme", "ada:pw@login.acme") + GROUP, "issuer is a URL"),
        (OIDC.replace("https://login.acme.test", "https://[::1") + GROUP, "no URL"),
        (OIDC + 'scopes = "email"\n' + GROUP, "must hold openid"),
        (OIDC + 'client_secret = "x"\n' + GROUP, "client_secret"),
        (OIDC + 'client_secret_env = "A"\nclient_secret_file = "b"\n' + GROUP, "not both"),
        (OIDC.replace('"seedbed"', '""') + GROUP, "client_id is empty"),
        (OIDC + GROUP.replace('["generate"]', "[]"), "roles must be"),
        (OIDC + GROUP.replace('"generate"', '"root"'), "root"),
        (OIDC + GROUP.replace("video-team", "a,b"), "comma"),
        (OIDC + GROUP.replace('"video"', '""'), "account must be"),
        (OIDC + GROUP.replace("roles", "rolls"), "rolls"),
    ],
)
def test_what_is_wrong_stops_the_start_with_its_place(ways, text, words):
    with pytest.raises(NotReady) as caught:
        ways(text)

    assert words in str(caught.value)
    assert "seedbed.toml" in str(caught.value)


def test_every_key_of_the_tables_stands_in_the_documents():
    ours = {name for kind in (Oidc, TrustedHeader, GroupRule) for name in kind.__dataclass_fields__}
    written = ours - {"proxies"} | {"from", "roles"}

    assert [key for key in sorted(written) if not re.search(rf"`{key}`|^{key} =", PAGE, re.MULTILINE)] == []


def test_a_provider_on_this_machine_may_be_called_without_tls(ways):
    assert ways(OIDC.replace("https://login.acme.test", "http://localhost:8080") + GROUP).oidc is not None


@pytest.mark.parametrize("secret", [{"client_secret_env": "NOT_THERE"}, {"client_secret_file": "/not/there"}])
def test_a_secret_that_is_not_there_stops_the_start(secret):
    with pytest.raises(NotReady, match=r"NOT_THERE|/not/there"):
        IdentityProvider(Oidc(issuer="https://a.test", client_id="c", label="A", **secret))


def test_a_secret_comes_from_a_file_without_its_line_break(tmp_path):
    (tmp_path / "secret").write_text("s3cret\n")
    oidc = Oidc(issuer="https://a.test", client_id="c", label="A", client_secret_file=str(tmp_path / "secret"))

    assert "s3cret" not in repr(IdentityProvider(oidc))
    assert IdentityProvider(oidc)._secret == "s3cret"
