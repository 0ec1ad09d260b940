"""Feishu (飞书): the group robot and the app that writes to single persons.

Sources: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot (robot),
/document/server-docs/im-v1/message/create and /document/server-docs/api-call-guide/generic-error-code (app).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from serviceflow.remind.channels.coded import Code, judge, not_yet, post_json
from serviceflow.remind.channels.deadline import CALL_TIMEOUT
from serviceflow.remind.outcomes import Ability, Accepted, Idempotent, Letter, Opaque, Outcome, Rate
from serviceflow.texts import T

API = "https://open.feishu.cn"
CODE_NAMES, WORD_NAMES = ("code", "StatusCode"), ("msg", "StatusMessage")
ROBOT_BYTES = 20_000
APP_BYTES = 150_000

_SETTINGS = T(
    "Group settings > bot > security settings; then: flow channel test CHANNEL",
    zh="群设置 > 群机器人 > 安全设置; 然后: flow channel test 渠道名",
)
_CONSOLE = T("Feishu developer console > the app", zh="飞书开发者后台 > 该应用")
_SHORTEN = T("Shorten the text: flow remind check", zh="请缩短文字: flow remind check")
_REWORD = T("Reword the text.", zh="请修改文字。")
_PERSON = T(
    "Correct the Feishu id, or add the person to the app's range.", zh="请更正飞书账号, 或把此人加入应用可用范围。"
)

ROBOT_CODES: dict[int, Code] = {
    9499: Code(
        "reject", T("Feishu cannot read the message or it is too large", zh="飞书: 请求格式有误或过大"), _SHORTEN
    ),
    11232: Code("throttle", T("Feishu: too many messages", zh="飞书: 触发频率限制"), rest=60),
    11246: Code("reject", T("Feishu refuses the card", zh="飞书: 卡片内容有误")),
    19001: Code(
        "fault",
        T("Feishu: the bot's address is not valid", zh="飞书: 机器人地址无效"),
        T("Copy the webhook address anew.", zh="请重新复制机器人地址。"),
    ),
    19002: Code("reject", T("Feishu: a parameter is missing", zh="飞书: 缺少参数")),
    19021: Code(
        "fault",
        T(
            "Feishu: the signature does not match, or the clock is off by an hour",
            zh="飞书: 签名不匹配或时间相差超过一小时",
        ),
        _SETTINGS,
    ),
    19022: Code(
        "fault", T("Feishu: this machine's address is not on the list", zh="飞书: 本机 IP 不在白名单"), _SETTINGS
    ),
    19024: Code("fault", T("Feishu: the keyword is not in the text", zh="飞书: 缺少自定义关键词"), _SETTINGS),
    99991400: Code("throttle", T("Feishu: too many calls", zh="飞书: 接口频率限制"), rest=60),
}
APP_CODES: dict[int, Code] = {
    10003: Code("fault", T("Feishu: app id or secret is wrong", zh="飞书: app_id 或 app_secret 不正确"), _CONSOLE),
    10014: Code("fault", T("Feishu: app id or secret is wrong", zh="飞书: app_id 或 app_secret 不正确"), _CONSOLE),
    230001: Code("reject", T("Feishu refuses a parameter", zh="飞书: 参数错误"), _PERSON),
    230002: Code("reject", T("Feishu: the bot is not in that group", zh="飞书: 机器人不在该群"), _PERSON),
    230006: Code("fault", T("Feishu: the app has no bot ability", zh="飞书: 应用未启用机器人能力"), _CONSOLE),
    230013: Code(
        "reject", T("Feishu: the person is outside the app's range", zh="飞书: 对方不在应用可用范围"), _PERSON
    ),
    230015: Code(
        "reject", T("Feishu: private chat with this person is not possible", zh="飞书: 无法与对方私聊"), _PERSON
    ),
    230017: Code("reject", T("Feishu: not the owner of a resource", zh="飞书: 资源不属于该机器人")),
    230018: Code("reject", T("Feishu: the group forbids speaking", zh="飞书: 群已禁言"), _PERSON),
    230020: Code("throttle", T("Feishu: too many messages to this chat", zh="飞书: 会话触发频率限制"), rest=30),
    230022: Code("reject", T("Feishu: sensitive words in the text", zh="飞书: 含有敏感信息"), _REWORD),
    230025: Code("reject", T("Feishu: the text is too long", zh="飞书: 内容超长"), _SHORTEN),
    230027: Code("fault", T("Feishu: the app lacks a permission", zh="飞书: 缺少权限"), _CONSOLE),
    230028: Code("reject", T("Feishu: the text did not pass the audit", zh="飞书: 内容未通过审核"), _REWORD),
    230029: Code("reject", T("Feishu: the person has left", zh="飞书: 对方已离职"), _PERSON),
    230034: Code("reject", T("Feishu: no such recipient", zh="飞书: 接收人不存在"), _PERSON),
    230035: Code("reject", T("Feishu: not allowed to write to this recipient", zh="飞书: 无权向对方发消息"), _PERSON),
    230038: Code("reject", T("Feishu: the recipient belongs to another company", zh="飞书: 对方属于其他企业"), _PERSON),
    230049: Code("unknown", T("Feishu is sending this message already", zh="飞书: 该消息正在发送中")),
    230053: Code(
        "reject", T("Feishu: the person has stopped this bot", zh="飞书: 对方已停止接收该机器人消息"), _PERSON
    ),
    99991400: Code("throttle", T("Feishu: too many calls", zh="飞书: 接口频率限制"), rest=60),
    99991401: Code(
        "fault", T("Feishu: this machine's address is not on the list", zh="飞书: 本机 IP 不在白名单"), _CONSOLE
    ),
    99991661: Code("token", T("Feishu: the token is missing", zh="飞书: 缺少 token")),
    99991663: Code("token", T("Feishu: the token is not valid", zh="飞书: token 无效")),
    99991664: Code("token", T("Feishu: the token is not valid", zh="飞书: token 无效")),
    99991668: Code("token", T("Feishu: the token is not valid", zh="飞书: token 无效")),
    99991672: Code("fault", T("Feishu: the app lacks a permission", zh="飞书: 缺少权限"), _CONSOLE),
}
_TOKEN_CODES = {code for code, known in APP_CODES.items() if known.means == "token"}


class FeishuRobot:
    """A robot in a group of the staff.

    Args:
        url: The robot's webhook address, a secret.
        secret: For the security setting "signature".
        keyword: For the security setting "keyword": put before texts that do not hold it.
    """

    kind = "feishu-robot"
    ability: Ability = Opaque()
    rate: Rate | None = Rate(5, 3)  # 100 a minute and 5 a second: five in three seconds keeps both
    most_bytes: int | None = ROBOT_BYTES - 400  # the limit counts the whole request
    shows_refusals = True
    by_hand = False

    def __init__(
        self, url: str, secret: str | None = None, keyword: str = "", *, timeout: float = CALL_TIMEOUT
    ) -> None:
        self.url = url
        self.secret = secret
        self.keyword = keyword
        self.timeout = timeout

    def send(self, letter: Letter) -> Outcome:
        """Send plain text."""
        text = letter.body if self.keyword in letter.body else f"{self.keyword} {letter.body}"
        payload = {"msg_type": "text", "content": {"text": text}, **self._signature()}
        return judge(post_json(self.url, payload, timeout=self.timeout), CODE_NAMES, WORD_NAMES, ROBOT_CODES)[0]

    def _signature(self) -> dict[str, str]:
        if self.secret is None:
            return {}
        stamp = str(int(time.time()))
        # Feishu signs an empty message with stamp and secret as the key; DingTalk does it the other way round.
        digest = hmac.new(f"{stamp}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
        return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}

    def finish(self) -> None:
        """Nothing is kept open."""


class FeishuApp:
    """An app of the company, to one person. ``uuid`` lets a message through at most once an hour.

    Args:
        app_id: Id of the app.
        secret: Its secret.
        id_type: What recipients are named by: ``open_id``, ``user_id``, ``union_id``, ``email``, ``chat_id``.
    """

    kind = "feishu-app"
    ability: Ability = Idempotent(3600)
    rate: Rate | None = Rate(5, 1)
    most_bytes: int | None = APP_BYTES
    shows_refusals = True
    by_hand = False

    def __init__(
        self, app_id: str, secret: str, id_type: str = "open_id", *, api: str = API, timeout: float = CALL_TIMEOUT
    ) -> None:
        self.app_id = app_id
        self.secret = secret
        self.id_type = id_type
        self.api = api.rstrip("/")
        self.timeout = timeout
        self._token: tuple[str, float] | None = None

    def send(self, letter: Letter) -> Outcome:
        """Send plain text; the send key is Feishu's ``uuid`` (at most 50 characters)."""
        payload = {
            "receive_id": letter.address,
            "msg_type": "text",
            "uuid": letter.key[:50],
            "content": json.dumps({"text": letter.body}, ensure_ascii=False),
        }
        url = f"{self.api}/open-apis/im/v1/messages?receive_id_type={self.id_type}"
        for fresh in (False, True):
            token = self._access_token(fresh=fresh)
            if not isinstance(token, str):
                return token
            outcome, body = judge(
                post_json(url, payload, timeout=self.timeout, headers={"Authorization": f"Bearer {token}"}),
                CODE_NAMES,
                WORD_NAMES,
                APP_CODES,
            )
            if body.get("code") not in _TOKEN_CODES:
                break
        return Accepted(_message_id(body)) if isinstance(outcome, Accepted) else outcome

    def _access_token(self, *, fresh: bool) -> str | Outcome:
        if self._token is not None and not fresh and self._token[1] > time.monotonic():
            return self._token[0]
        outcome, body = judge(
            post_json(
                f"{self.api}/open-apis/auth/v3/tenant_access_token/internal",
                {"app_id": self.app_id, "app_secret": self.secret},
                timeout=self.timeout,
            ),
            CODE_NAMES,
            WORD_NAMES,
            APP_CODES,
        )
        token = body.get("tenant_access_token")
        if not isinstance(outcome, Accepted) or not isinstance(token, str):
            return not_yet(outcome)
        self._token = (token, time.monotonic() + int(body.get("expire", 7200)) - 300)
        return token

    def finish(self) -> None:
        """Nothing is kept open."""


def _message_id(body: dict[str, Any]) -> str:
    data = body.get("data")
    return str(data.get("message_id", "")) if isinstance(data, dict) else ""
