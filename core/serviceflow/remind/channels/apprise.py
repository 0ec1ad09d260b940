"""Everything else through Apprise, in a child process with a hard end. Its answers are never trusted as delivery.

Apprise says "sent" or "failed" and nothing more: a failure may have been delivered (it gives up after four
seconds), a success may have been refused in the body. Services whose refusals it does not see have adapters of
our own and are not accepted here.
"""

from __future__ import annotations

import json
import subprocess
import sys

from serviceflow.errors import ConfigError
from serviceflow.remind.channels.deadline import CALL_TIMEOUT
from serviceflow.remind.channels.http import BY_ITSELF
from serviceflow.remind.outcomes import Ability, Accepted, Letter, NotAccepted, Opaque, Outcome, Rate, Unknown
from serviceflow.texts import T, plain

OWN_ADAPTERS = {
    "wecombot": "wecom-robot",
    "wechat": "wecom-app",
    "dingtalk": "dingtalk-robot",
    "feishu": "feishu-robot",
    "lark": "feishu-robot",
}

_CHILD = """
import json, sys
order = json.load(sys.stdin)
import apprise
service = apprise.Apprise()
if not service.add(order["url"]):
    print("address")
    raise SystemExit
print("begun", flush=True)
print("yes" if service.notify(body=order["body"], title=order["subject"]) else "no", flush=True)
"""


class AppriseChannel:
    """One Apprise address.

    Args:
        url: Apprise's URL of the service; ``{to}`` in it is replaced by the recipient. A secret.

    Raises:
        ConfigError: The service has an adapter of our own that sees its refusals.
    """

    kind = "apprise"
    ability: Ability = Opaque()
    most_bytes: int | None = None
    shows_refusals = False
    by_hand = False

    def __init__(self, url: str, *, rate: Rate | None = None, timeout: float = CALL_TIMEOUT) -> None:
        own = OWN_ADAPTERS.get(url.partition("://")[0].lower())
        if own is not None:
            raise ConfigError(
                T(
                    "Apprise reports refused messages of this service as sent.",
                    zh="Apprise 会把该服务拒绝的消息报告为已发送。",
                ),
                plain(f'kind = "{own}"'),
                ref="channel.apprise",
            )
        self.url = url
        self.rate = rate
        self.timeout = timeout

    def send(self, letter: Letter) -> Outcome:
        """Let a child process send; killed at the deadline, it leaves an unknown end."""
        from urllib.parse import quote

        order = {
            "url": self.url.replace("{to}", quote(letter.address, safe="@+")),
            "body": letter.body,
            "subject": letter.subject,
        }
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        try:
            said, _ = child.communicate(json.dumps(order), timeout=self.timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            said, _ = child.communicate()
            if "begun" not in said:
                return NotAccepted(T("Apprise did not start in time", zh="Apprise 未能及时启动"), BY_ITSELF, "start")
            return Unknown(T("Apprise gave no answer in {n} s", zh="Apprise {n} 秒内无答复").of(n=int(self.timeout)))
        words = said.split()
        if words == ["begun", "yes"]:
            return Accepted(confirmed=False)
        if "begun" in words:
            return Unknown(T("Apprise says it failed; it may have been delivered", zh="Apprise 报告失败, 但可能已送达"))
        if words == ["address"]:
            return NotAccepted(
                T("Apprise does not understand the address", zh="Apprise 无法识别该地址"),
                T("Correct the url of the channel.", zh="请更正渠道的 url。"),
                "url",
                channel_fault=True,
            )
        return NotAccepted(
            T("Apprise cannot be started", zh="Apprise 无法启动"),
            plain("pip install 'serviceflow[channels]'"),
            "start",
            channel_fault=True,
        )

    def finish(self) -> None:
        """Nothing is kept open."""
