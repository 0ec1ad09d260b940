"""WeCom (企业微信): the group robot and the app that writes to single employees.

Sources: developer.work.weixin.qq.com/document/path/91770 (robot), /90236 (app), /90455 (codes).
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from serviceflow.remind.channels.coded import Code, judge, not_yet, post_json
from serviceflow.remind.channels.deadline import CALL_TIMEOUT
from serviceflow.remind.outcomes import (
    Ability,
    Accepted,
    Idempotent,
    Letter,
    Opaque,
    Outcome,
    Rate,
    Rejected,
)
from serviceflow.texts import T

API = "https://qyapi.weixin.qq.com"
CODE_NAMES, WORD_NAMES = ("errcode",), ("errmsg",)
ROBOT_BYTES = APP_BYTES = 2048

_ADMIN = T("WeCom admin console > the app", zh="企业微信管理后台 > 该应用")
_SHARED: dict[int, Code] = {
    -1: Code("retry", T("WeCom is busy", zh="企业微信系统繁忙")),
    6000: Code("retry", T("WeCom: data changed meanwhile", zh="企业微信: 数据版本冲突")),
    40008: Code("reject", T("WeCom does not know this kind of message", zh="企业微信: 不合法的消息类型")),
    40033: Code(
        "reject",
        T("WeCom refuses a character in the text", zh="企业微信: 内容含不合法的字符"),
        T("Reword the text.", zh="请修改文字。"),
    ),
    40035: Code("reject", T("WeCom refuses a parameter", zh="企业微信: 不合法的参数")),
    40058: Code(
        "reject",
        T("WeCom: text too long or parameter wrong", zh="企业微信: 内容超长或参数不合法"),
        T("Shorten the text: flow remind check", zh="请缩短文字: flow remind check"),
    ),
    44004: Code("reject", T("WeCom: the text is empty", zh="企业微信: 文本内容为空")),
    45002: Code(
        "reject",
        T("WeCom: the text is too long", zh="企业微信: 消息内容超长"),
        T("Shorten the text: flow remind check", zh="请缩短文字: flow remind check"),
    ),
    45008: Code("reject", T("WeCom: too many articles", zh="企业微信: 图文条数超限")),
    45009: Code("throttle", T("WeCom: too many calls", zh="企业微信: 接口调用超过频率限制"), rest=60),
    45033: Code("throttle", T("WeCom: too many calls at once", zh="企业微信: 接口并发调用超限"), rest=30),
    47001: Code("reject", T("WeCom cannot read the message", zh="企业微信: 消息格式有误")),
    48002: Code("fault", T("WeCom: this call is not allowed", zh="企业微信: 接口未授权"), _ADMIN),
}
ROBOT_CODES: dict[int, Code] = _SHARED | {
    93000: Code(
        "fault",
        T("WeCom: the robot's key is wrong or the robot is gone", zh="企业微信: 机器人 key 无效或已被移除"),
        T("Copy the webhook address anew from the group's settings.", zh="请在群设置中重新复制机器人地址。"),
    ),
    93004: Code(
        "fault",
        T("WeCom: the robot is switched off", zh="企业微信: 机器人被停用"),
        T("Switch it on in the group's settings.", zh="请在群设置中启用机器人。"),
    ),
    93008: Code(
        "fault",
        T("WeCom: the robot is not in the group", zh="企业微信: 机器人不在群里"),
        T("Add the robot to the group again.", zh="请把机器人重新加入群聊。"),
    ),
}
APP_CODES: dict[int, Code] = _SHARED | {
    40001: Code("fault", T("WeCom: the app's secret is wrong", zh="企业微信: 应用 secret 不正确"), _ADMIN),
    40003: Code(
        "reject",
        T("WeCom: no such employee", zh="企业微信: 无效的成员账号"),
        T("Correct the WeCom account: flow staff", zh="请更正其企业微信账号: flow staff"),
    ),
    40013: Code("fault", T("WeCom: the company id is wrong", zh="企业微信: 企业 ID 不正确"), _ADMIN),
    40014: Code("token", T("WeCom: the access token is not valid", zh="企业微信: access_token 无效")),
    40031: Code(
        "reject",
        T("WeCom: no such employee", zh="企业微信: 无效的成员列表"),
        T("Correct the WeCom account: flow staff", zh="请更正其企业微信账号: flow staff"),
    ),
    40056: Code("fault", T("WeCom: the agent id is wrong", zh="企业微信: agentid 不正确"), _ADMIN),
    41001: Code("token", T("WeCom: the access token is missing", zh="企业微信: 缺少 access_token")),
    42001: Code("token", T("WeCom: the access token has expired", zh="企业微信: access_token 已过期")),
    60011: Code("fault", T("WeCom: the app may not reach this employee", zh="企业微信: 应用无权限"), _ADMIN),
    60020: Code(
        "fault",
        T("WeCom: this machine's address is not a trusted IP", zh="企业微信: 本机 IP 不在可信名单"),
        T(
            "WeCom admin > the app > trusted IP, or use the group robot",
            zh="企业微信管理后台 > 该应用 > 企业可信IP, 或改用群机器人",
        ),
    ),
    81013: Code(
        "reject",
        T("WeCom: the recipient is not in the app's range", zh="企业微信: 接收人不在应用可见范围"),
        T("Add them to the app's visible range.", zh="请在管理后台把此人加入应用可见范围。"),
    ),
    82001: Code("reject", T("WeCom: no recipient", zh="企业微信: 接收人为空")),
    301002: Code(
        "fault", T("WeCom: the secret does not belong to this agent id", zh="企业微信: secret 与 agentid 不符"), _ADMIN
    ),
}


class WecomRobot:
    """A robot in a group of the staff: everybody in the group reads it.

    Args:
        url: The robot's webhook address; its key is a secret.
    """

    kind = "wecom-robot"
    ability: Ability = Opaque()
    rate: Rate | None = Rate(20, 60)
    most_bytes: int | None = ROBOT_BYTES
    shows_refusals = True
    by_hand = False

    def __init__(self, url: str, *, timeout: float = CALL_TIMEOUT) -> None:
        self.url = url
        self.timeout = timeout

    def send(self, letter: Letter) -> Outcome:
        """Send plain text."""
        payload = {"msgtype": "text", "text": {"content": letter.body}}
        return judge(post_json(self.url, payload, timeout=self.timeout), CODE_NAMES, WORD_NAMES, ROBOT_CODES)[0]

    def finish(self) -> None:
        """Nothing is kept open."""


class WecomApp:
    """An app of the company, to one employee. WeCom drops the same request within the check's time.

    Args:
        corp_id: Company id.
        agent_id: Number of the app.
        secret: The app's secret.
        api: Where the interface is, for tests and for private installations.
    """

    kind = "wecom-app"
    duplicate_seconds = 14_400  # the longest WeCom allows
    ability: Ability = Idempotent(duplicate_seconds)
    rate: Rate | None = Rate(30, 60)  # per employee by WeCom's rule; kept for the whole app, which is stricter
    most_bytes: int | None = APP_BYTES
    shows_refusals = True
    by_hand = False

    def __init__(
        self, corp_id: str, agent_id: int, secret: str, *, api: str = API, timeout: float = CALL_TIMEOUT
    ) -> None:
        self.corp_id = corp_id
        self.agent_id = agent_id
        self.secret = secret
        self.api = api.rstrip("/")
        self.timeout = timeout
        self._token: tuple[str, float] | None = None

    def send(self, letter: Letter) -> Outcome:
        """Send plain text; the message's number in it makes two equal texts two messages."""
        for fresh in (False, True):
            token = self._access_token(fresh=fresh)
            if not isinstance(token, str):
                return token
            outcome, body = judge(
                post_json(
                    f"{self.api}/cgi-bin/message/send?access_token={quote(token)}",
                    self._payload(letter),
                    timeout=self.timeout,
                ),
                CODE_NAMES,
                WORD_NAMES,
                APP_CODES,
            )
            if body.get("errcode") not in (40014, 41001, 42001):
                return self._reached(outcome, body)
        return outcome

    def _payload(self, letter: Letter) -> dict[str, Any]:
        return {
            "touser": letter.address,
            "msgtype": "text",
            "agentid": self.agent_id,
            "text": {"content": f"{letter.body}\n[{letter.mark}]"},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": self.duplicate_seconds,
        }

    @staticmethod
    def _reached(outcome: Outcome, body: dict[str, Any]) -> Outcome:
        """Return a refusal where errcode 0 hides one: the only recipient is listed as unreachable."""
        missed = body.get("invaliduser") or body.get("unlicenseduser")
        if isinstance(outcome, Accepted) and missed:
            return Rejected(
                T("WeCom did not deliver to {who}", zh="企业微信未送达 {who}").of(who=missed),
                T("Add them to the app's visible range.", zh="请在管理后台把此人加入应用可见范围。"),
                "invaliduser",
            )
        return Accepted(str(body.get("msgid", ""))) if isinstance(outcome, Accepted) else outcome

    def _access_token(self, *, fresh: bool) -> str | Outcome:
        if self._token is not None and not fresh and self._token[1] > time.monotonic():
            return self._token[0]
        query = f"corpid={quote(self.corp_id)}&corpsecret={quote(self.secret)}"
        outcome, body = judge(
            post_json(f"{self.api}/cgi-bin/gettoken?{query}", {}, timeout=self.timeout),
            CODE_NAMES,
            WORD_NAMES,
            APP_CODES,
        )
        token = body.get("access_token")
        if not isinstance(outcome, Accepted) or not isinstance(token, str):
            return not_yet(outcome)
        self._token = (token, time.monotonic() + int(body.get("expires_in", 7200)) - 300)
        return token

    def finish(self) -> None:
        """Nothing is kept open."""
