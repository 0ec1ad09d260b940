"""Never "sent" when refused: every documented refusal of every chat adapter, inside HTTP 200 (requirement 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from serviceflow.remind.channels import dingtalk, feishu, wecom
from serviceflow.remind.channels.coded import Code
from serviceflow.remind.outcomes import Accepted, Channel, Letter, NotAccepted, Rejected, Throttled, Unknown
from serviceflow.testing.provider import Does, Provider

LETTER = Letter("key-1", "m1", "xiaomei", "小美", "主题", "今日事项 3 条")
TOKEN = {"errcode": 0, "access_token": "t", "expires_in": 7200}
FEISHU_TOKEN = {"code": 0, "tenant_access_token": "t", "expire": 7200}

ROBOTS: dict[str, tuple[Callable[[str], Channel], dict[int, Code], str, Any]] = {
    "wecom-robot": (lambda url: wecom.WecomRobot(f"{url}/robot", timeout=2), wecom.ROBOT_CODES, "errcode", "ok"),
    "wecom-app": (lambda url: wecom.WecomApp("corp", 7, "s", api=url, timeout=2), wecom.APP_CODES, "errcode", "ok"),
    "dingtalk-robot": (
        lambda url: dingtalk.DingTalkRobot(f"{url}/robot?access_token=x", "SEC1", timeout=2),
        dingtalk.CODES,
        "errcode",
        "ok",
    ),
    "feishu-robot": (
        lambda url: feishu.FeishuRobot(f"{url}/robot", "sec", timeout=2),
        feishu.ROBOT_CODES,
        "code",
        "ok",
    ),
    "feishu-app": (lambda url: feishu.FeishuApp("app", "s", api=url, timeout=2), feishu.APP_CODES, "code", "ok"),
}
CLASS = {
    "reject": Rejected,
    "fault": NotAccepted,
    "retry": NotAccepted,
    "throttle": Throttled,
    "token": NotAccepted,
    "unknown": Unknown,
}
REFUSALS = [
    pytest.param(kind, code, id=f"{kind} {code}") for kind, (_, codes, _, _) in ROBOTS.items() for code in codes
]


def channel_of(kind: str, provider: Provider) -> Channel:
    provider.by_path = {
        "/cgi-bin/gettoken": Does(body=TOKEN),
        "/open-apis/auth/v3/tenant_access_token/internal": Does(body=FEISHU_TOKEN),
    }
    return ROBOTS[kind][0](provider.url)


@pytest.mark.parametrize(("kind", "code"), REFUSALS)
def test_a_documented_refusal_in_http_200_is_never_sent(kind: str, code: int, provider: Provider) -> None:
    _, codes, name, _ = ROBOTS[kind]
    channel = channel_of(kind, provider)
    provider.does = Does(body={name: code, "errmsg": "refused", "msg": "refused"})
    outcome = channel.send(LETTER)
    assert isinstance(outcome, CLASS[codes[code].means])
    assert not isinstance(outcome, Accepted)
    assert outcome.code == str(code)
    assert outcome.why.en != outcome.why.zh
    if isinstance(outcome, Rejected | NotAccepted):
        assert outcome.way_out is not None
        assert outcome.way_out.en != outcome.way_out.zh


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize(
    ("does", "expected"),
    [
        pytest.param(Does(body={"errcode": 987654, "code": 987654}), NotAccepted, id="a code in no table"),
        pytest.param(Does(body={"hello": 1}), Unknown, id="no code at all"),
        pytest.param(Does(body=b"<html>login</html>"), Unknown, id="a login page"),
        pytest.param(Does(body=b""), Unknown, id="nothing"),
        pytest.param(Does(body={"errcode": "0", "code": "0"}), Unknown, id="a code that is text"),
        pytest.param(Does(status=400, body={}), Rejected, id="400"),
        pytest.param(Does(status=401, body={}), NotAccepted, id="401"),
        pytest.param(Does(status=404, body={}), NotAccepted, id="404"),
        pytest.param(Does(status=302, headers={"Location": "/"}, body={}), NotAccepted, id="a redirect"),
        pytest.param(Does(status=429, headers={"Retry-After": "17"}, body={}), Throttled, id="429"),
        pytest.param(Does(status=500, body={}), Unknown, id="500"),
        pytest.param(Does(status=503, body={}), Unknown, id="503 after the body"),
        pytest.param(Does(answer="reset"), Unknown, id="reset after reading"),
        pytest.param(Does(answer="hang"), Unknown, id="no answer"),
        pytest.param(Does(answer="drip"), Unknown, id="a byte now and then"),
    ],
)
def test_every_other_answer_is_told_apart(kind: str, does: Does, expected: type, provider: Provider) -> None:
    channel = channel_of(kind, provider)
    channel.timeout = 1.5  # type: ignore[attr-defined]
    provider.does = does
    outcome = channel.send(LETTER)
    assert type(outcome) is expected
    if isinstance(outcome, Throttled):
        assert outcome.after == 17
    if isinstance(outcome, Rejected | NotAccepted):
        assert outcome.way_out is not None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("wecom-robot", {"errcode": 0, "errmsg": "ok"}),
        ("wecom-app", {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": "m-9"}),
        ("dingtalk-robot", {"errcode": 0, "errmsg": "ok"}),
        ("feishu-robot", {"code": 0, "msg": "success", "StatusCode": 0}),
        ("feishu-robot", {"StatusCode": 0, "StatusMessage": "success"}),
        ("feishu-app", {"code": 0, "msg": "success", "data": {"message_id": "om_1"}}),
    ],
)
def test_only_the_documented_zero_is_accepted(kind: str, body: Any, provider: Provider) -> None:
    channel = channel_of(kind, provider)
    provider.does = Does(body=body)
    assert isinstance(channel.send(LETTER), Accepted)


@pytest.mark.parametrize("hidden", ["invaliduser", "unlicenseduser"])
def test_wecom_zero_with_the_only_recipient_missed_is_a_refusal(hidden: str, provider: Provider) -> None:
    channel = channel_of("wecom-app", provider)
    provider.does = Does(body={"errcode": 0, "errmsg": "ok", hidden: "xiaomei"})
    assert isinstance(channel.send(LETTER), Rejected)


def test_an_expired_wecom_token_is_renewed_once(provider: Provider) -> None:
    channel = channel_of("wecom-app", provider)
    provider.script = [Does(body={"errcode": 42001}), Does(body={"errcode": 0, "msgid": "1"})]
    assert isinstance(channel.send(LETTER), Accepted)
    assert sum(path.startswith("/cgi-bin/gettoken") for path, _, _ in provider.seen) == 2


@pytest.mark.parametrize("kind", ["wecom-app", "feishu-app"])
def test_a_failed_sign_in_never_handed_anything_over(kind: str, provider: Provider) -> None:
    channel = channel_of(kind, provider)
    for path in provider.by_path:
        provider.by_path[path] = Does(status=500, body=b"oops")
    outcome = channel.send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_provider_that_cannot_be_reached_took_nothing(kind: str) -> None:
    channel = ROBOTS[kind][0]("http://127.0.0.1:9")
    outcome = channel.send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert outcome.channel_fault
