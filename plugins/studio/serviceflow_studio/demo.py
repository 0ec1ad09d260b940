"""A month in the life of a studio, up to a busy Saturday morning: ``flow demo studio``.

Scenes are generators that yield the moment they go on at; they are told in order of time, so that the journal of
the demonstration reads like that of a real shop. Every line of it went through the real flows.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from serviceflow.api import MovedClock, Shop, run_reminders

from serviceflow_studio.rehearsal import SHANGHAI, Rehearsal, staffed

Scene = Iterator[datetime]
LETTERS = {"address": "花园路 12 号"}


ROUTINE = ("build-file", "prep-shoot", "day-before-call", "urge", "urge-call", "call-viewing")
"""Tasks that the studio of the demonstration does in time."""


class Stage:
    """The studio and today, from which all days are counted."""

    def __init__(self, studio: Rehearsal, now: datetime) -> None:
        self.studio = studio
        self.now = now.astimezone(SHANGHAI)
        self.cards = 100

    def day(self, offset: int) -> date:
        """Return the day so many days from today."""
        return self.now.date() + timedelta(days=offset)

    def at(self, offset: int, clock: str) -> datetime:
        """Return a time of a day, never after now."""
        moment = datetime.combine(self.day(offset), time.fromisoformat(clock), SHANGHAI)
        return min(moment, self.now)

    def ago(self, minutes: int) -> datetime:
        """Return a moment of today so many minutes ago."""
        return max(self.now - timedelta(minutes=minutes), datetime.combine(self.day(0), time(0), SHANGHAI))

    def card(self) -> str:
        """Return the next love card's number."""
        self.cards += 1
        return f"LC{self.cards:04}"


def couple(
    stage: Stage,
    bride: str,
    groom: str,
    phone: str,
    package: str,
    start: datetime,
    *,
    deposit: str | None = None,
    **more: str,
) -> Iterator[datetime]:
    """Bring a couple in and sign a package; the case's id is left in ``stage``'s ``last``."""
    studio = stage.studio
    yield start
    case = studio.open(
        studio.customer(f"{bride}/{groom}", phone, source="点评", address=LETTERS["address"]),
        want="wedding",
        bride=f"{bride}:{phone}",
        groom=groom,
        heard_from="点评",
        **more,
    )
    studio.do(case, "begin", budget="5000")
    studio.do(case, "present", packages="W3999,W5999,W2999")
    studio.do(case, "compare", package_a=package, package_b="W2999" if package != "W2999" else "W3999")
    price = {"W3999": "3999", "W5999": "5999", "W2999": "2999"}[package]
    yield start + timedelta(minutes=50)
    studio.do(case, "technique", technique="real-albums")
    studio.do(case, "sign-plan", package=package, price=price, terms_read="yes", customer_signed="yes")
    yield start + timedelta(minutes=60)
    studio.do(case, "take-deposit", amount=deposit or price, method="wechat", invoice_no=f"8{case:03}")
    yield start + timedelta(minutes=70)
    studio.do(case, "give-pack", card_no=stage.card(), vouchers="礼服券 2 张", explained="yes")
    stage.studio.last = case


def book(stage: Stage, case: int, offset: int, wave: str, by: str | None = None) -> None:
    """Fix a shoot date."""
    stage.studio.do(case, "book-shoot", by, date=stage.day(offset).isoformat(), wave=wave)


def undecided(stage: Stage) -> Scene:
    """Somebody left today without buying; the sheet is still out."""
    studio = stage.studio
    yield stage.ago(70)
    case = studio.open(studio.customer("周敏", "13900000005"), want="wedding", budget="3000")
    studio.do(case, "begin")
    yield stage.ago(45)
    studio.do(case, "leave-undecided", customer_remark="再比较一下")


def won_back(stage: Stage) -> Scene:
    """Left, was called, got a letter."""
    studio = stage.studio
    yield stage.at(-4, "15:00")
    case = studio.open(studio.customer("林岚", "13900000006", address="长乐路 5 号"), want="wedding", budget="3000")
    studio.do(case, "begin")
    yield stage.at(-4, "16:00")
    studio.do(case, "leave-undecided", customer_remark="价格偏高")
    yield stage.at(-4, "16:25")
    studio.do(case, "hand-sheet", objection="price", true_reason="预算三千以内", suggestion="推荐初见")
    yield stage.at(-4, "16:50")
    studio.do(case, "log-call", result="later", note="周末再说", next_at=f"{stage.day(-1)} 11:00")
    yield stage.at(-1, "11:05")
    studio.do(case, "log-call", result="will-return", return_date=stage.day(1).isoformat())
    studio.do(case, "send-surprise", benefit="相框一个", amount_off="200")


def discount_waiting(stage: Stage) -> Scene:
    """A price that waits for the manager's signature."""
    studio = stage.studio
    yield stage.ago(60)
    case = studio.open(
        studio.customer("许晴/何伟", "13900000007"), want="wedding", bride="许晴:13900000007", groom="何伟"
    )
    studio.do(case, "begin", budget="4500")
    studio.do(case, "compare", package_a="W5999", package_b="W3999")
    yield stage.ago(15)
    studio.do(case, "sign-plan", package="W5999", price="5200", terms_read="yes", customer_signed="yes")


def urged(stage: Stage) -> Scene:
    """Paid long ago and no date: service urges."""
    yield from couple(stage, "高洁", "沈涛", "13800000011", "W5999", stage.at(-20, "14:00"), deposit="1200")
    case = stage.studio.last
    yield stage.at(-9, "11:00")
    stage.studio.do(case, "offer", kind="shoot-15", benefit="加送 10 张精修")


def waiting_for_a_date(stage: Stage) -> Scene:
    """Paid this week; the consultant urges."""
    yield from couple(stage, "方琳", "邓超", "13800000012", "W3999", stage.at(-5, "10:30"), deposit="800")


def tomorrow(stage: Stage) -> Scene:
    """Photographed tomorrow, and still owes."""
    yield from couple(stage, "宋佳", "贺强", "13800000013", "W3999", stage.at(-12, "11:00"), deposit="800")
    case = stage.studio.last
    yield stage.at(-11, "10:00")
    book(stage, case, 1, "09:00")


Minute = tuple[int, str, dict[str, str]]
"""So many minutes before now, an action of the floor, with its fields."""


def on_the_floor(
    stage: Stage, bride: str, groom: str, phone: str, days: int, wave: str, minutes: Sequence[Minute]
) -> Scene:
    """Photographed today: on the floor as far as ``minutes`` takes them, the first of which is the check-in."""
    yield from couple(stage, bride, groom, phone, "W3999", stage.at(days, "13:00"))
    case = stage.studio.last
    yield stage.at(days + 1, "10:00")
    book(stage, case, 0, wave)
    yield stage.ago(minutes[0][0])
    stage.studio.do(case, "check-in", slip="yes")
    session = stage.studio.session(case)
    for ago, action, fields in minutes[1:]:
        yield stage.ago(ago)
        stage.studio.do(session, action, **fields)


OK = {"customer_ok": "yes"}


def to_the_dress(arrived: int, key: str, ready: int) -> list[Minute]:
    """Return the way from the door to the dresser, with the key of a locker."""
    return [
        (arrived, "check-in", {}),
        (arrived - 2, "register", {"slip_held": "yes"}),
        (arrived - 6, "briefed", {"allergy_asked": "yes"}),
        (arrived - 14, "hand-key", {"locker": key, "deposit": "100", "method": "cash"}),
        *([(ready, "dressed", {"dress_code": f"B{key}"})] if ready else []),
    ]


def to_the_camera(arrived: int, key: str, started: int, photographer: str) -> list[Minute]:
    """Return the way from the door to the first picture."""
    return [
        *to_the_dress(arrived, key, arrived - 24),
        (started + 10, "made-up", OK),
        (started + 8, "called-in", {"photographer": photographer}),
        (started, "start", {}),
    ]


CHANGING = [*to_the_camera(145, "12", 54, "周"), (12, "shot", {"photos": "42"})]
SHOOTING = to_the_camera(138, "15", 31, "吴")
AT_THE_MAKE_UP = to_the_dress(141, "7", 68)
DRESSING = to_the_dress(32, "9", 0)
WAITING = [*to_the_dress(50, "3", 0), (22, "wait", {"reason": "礼服师忙", "minutes": "10"})]


def booked_today(stage: Stage, bride: str, groom: str, phone: str, package: str, days: int, wave: str) -> Scene:
    """Booked for today and not here yet."""
    yield from couple(stage, bride, groom, phone, package, stage.at(days, "15:00"))
    case = stage.studio.last
    yield stage.at(days + 1, "10:00")
    book(stage, case, 0, wave)


def photographed(stage: Stage, case: int, offset: int, image: str, viewing: str | None) -> Scene:
    """Carry a case through its day on the floor."""
    studio = stage.studio
    yield stage.at(offset, "08:50")
    studio.do(case, "check-in", slip="yes")
    session = studio.session(case)
    yield stage.at(offset, "10:30")
    studio.to_the_camera(session, locker=str(case % 20 + 1))
    clock = datetime.combine(stage.day(offset), time(11, 10), SHANGHAI)
    while studio.step(session) == "shooting":
        yield min(clock, stage.now)
        studio.do(session, "shot", photos="30")
        if studio.step(session) == "changing":
            studio.do(session, "changed", dress_code="E3")
            studio.do(session, "retouched", customer_ok="yes")
        clock += timedelta(minutes=40)
    yield stage.at(offset, "13:30")
    studio.do(session, "cleaned")
    agreed = {"viewing": viewing} if viewing else {"viewing_later": "yes"}
    studio.do(session, "checkout", key_back="yes", towels_back="2", belongings_checked="yes", image_no=image, **agreed)


def viewing_soon(stage: Stage) -> Scene:
    """Photographed two days ago; the viewing is tomorrow."""
    yield from couple(stage, "梁静", "杜宇", "13800000017", "W3999", stage.at(-13, "10:00"))
    case = stage.studio.last
    yield stage.at(-12, "10:00")
    book(stage, case, -2, "09:00")
    image = f"{stage.day(-2):%m%d}-01"
    yield from photographed(stage, case, -2, image, f"{stage.day(1)} 14:00")
    yield stage.at(-1, "11:00")
    stage.studio.do(case, "files-ready", image_no=image, photo_count="96")


def viewing_now(stage: Stage) -> Scene:
    """Photographed yesterday; they sit in the viewing room."""
    studio = stage.studio
    yield from couple(stage, "蒋怡", "韩冬", "13800000020", "W3999", stage.at(-11, "11:30"))
    case = studio.last
    yield stage.at(-10, "10:00")
    book(stage, case, -1, "09:00")
    image = f"{stage.day(-1):%m%d}-01"
    yield from photographed(stage, case, -1, image, f"{stage.day(0)} 10:00")
    yield stage.at(-1, "17:00")
    studio.do(case, "files-ready", image_no=image, photo_count="88")
    yield stage.ago(75)
    studio.do(case, "start-viewing", slip="yes")
    studio.do(case, "pass-1")
    yield stage.ago(20)
    studio.do(case, "pass-2", reject="3,8-20,31-40")


def in_production(stage: Stage, bride: str, groom: str, phone: str, *, start: int, rework: bool) -> Scene:
    """Viewed and in production; the frame may have to be made again."""
    studio = stage.studio
    yield from couple(stage, bride, groom, phone, "W3999", stage.at(start, "10:00"))
    case = studio.last
    yield stage.at(start, "16:00")
    book(stage, case, start + 7, "10:30")
    image = f"{stage.day(start + 7):%m%d}-{case:02}"
    yield from photographed(stage, case, start + 7, image, f"{stage.day(start + 8)} 14:00")
    yield stage.at(start + 7, "17:00")
    studio.do(case, "files-ready", image_no=image, photo_count="90")
    yield stage.at(start + 8, "14:05")
    studio.do(case, "start-viewing", slip="yes")
    studio.do(case, "pass-1")
    studio.do(case, "pass-2", reject="1-40")
    studio.do(case, "pass-3", reject="41-56")
    studio.do(case, "add-extra", code="ENL24", qty="1")
    yield stage.at(start + 8, "16:20")
    studio.do(case, "sign-list", customer_signed="yes")
    studio.do(case, "pay", amount="600", method="card")
    studio.do(case, "book-pickup", date=stage.day(start + 29).isoformat(), time="10:30")
    yield stage.at(start + 9, "10:00")
    studio.do(case, "to-production")
    studio.sign(case, "cai")
    if rework:
        yield stage.at(-1, "11:00")
        for code, qty in (("album", "1"), ("X-PHOTO", "4"), ("ENL24", "1")):
            studio.do(case, "arrive", piece=code, qty=qty)
            studio.do(case, "qc-pass", piece=code, qty=qty)
        studio.do(case, "arrive", piece="frame-20in", qty="1")
        studio.do(case, "qc-fail", piece="frame-20in", qty="1", fault="划痕", due=stage.day(3).isoformat())
    yield stage.ago(100)
    if not rework:
        studio.do(case, "complain", text="照片色差, 与样片不符", severity="normal")


def reminded(stage: Stage) -> Scene:
    """Run the reminders as cron would, at the times that matter."""
    for offset in range(-34, 1):
        for clock in ("00:01", "08:01", "10:01", "16:01", "18:01"):
            if datetime.combine(stage.day(offset), time.fromisoformat(clock), SHANGHAI) < stage.now:
                yield stage.at(offset, clock)
                run_reminders(stage.studio.shop)
    yield stage.ago(1)
    run_reminders(stage.studio.shop)


def visited(stage: Stage) -> Scene:
    """Consultants have looked in on the sessions of the first wave."""
    yield stage.ago(18)
    stage.studio.finish("visit-consultant", "visit-viewing", until=stage.ago(18))


def chores(stage: Stage) -> Scene:
    """Do each evening what the staff does as a matter of course."""
    for offset in range(-34, 0):
        yield stage.at(offset, "17:30")
        stage.studio.finish(*ROUTINE, until=stage.at(offset, "23:59"))


def last_saturday(now: datetime) -> datetime:
    """Return the last Saturday at the hour of the demonstration, when the floor is full."""
    local = now.astimezone(SHANGHAI)
    day = local.date() - timedelta(days=(local.weekday() - SATURDAY) % 7)
    moment = datetime.combine(day, HOUR, SHANGHAI)
    return moment if moment <= local else moment - timedelta(days=7)


SATURDAY, HOUR = 5, time(11, 20)


def live(shop: Shop, clock: MovedClock, now: datetime) -> Sequence[str]:
    """Live through the month up to the last Saturday morning; return the commands worth trying then."""
    saturday = last_saturday(now)
    studio = staffed(shop, clock, keep=shop.staff_id)
    stage = Stage(studio, saturday)
    tell(
        stage,
        [
            reminded(stage),
            chores(stage),
            urged(stage),
            waiting_for_a_date(stage),
            tomorrow(stage),
            on_the_floor(stage, "陈媛", "李征", "13800000014", -16, "09:00", CHANGING),
            on_the_floor(stage, "秦雨", "曹阳", "13800000021", -18, "09:00", SHOOTING),
            on_the_floor(stage, "叶青", "罗成", "13800000022", -19, "09:00", AT_THE_MAKE_UP),
            on_the_floor(stage, "王悦", "赵磊", "13800000015", -17, "10:30", WAITING),
            on_the_floor(stage, "田蕾", "侯勇", "13800000023", -20, "10:30", DRESSING),
            booked_today(stage, "白露", "段磊", "13800000024", "W3999", -14, "10:30"),
            booked_today(stage, "陆瑶", "姚远", "13800000016", "W5999", -15, "13:30"),
            booked_today(stage, "尹诗", "龙飞", "13800000025", "W2999", -13, "13:30"),
            viewing_soon(stage),
            viewing_now(stage),
            visited(stage),
            in_production(stage, "郑颖", "何平", "13800000018", start=-28, rework=True),
            in_production(stage, "钱程", "冯凯", "13800000019", start=-24, rework=False),
            won_back(stage),
            undecided(stage),
            discount_waiting(stage),
        ],
    )
    clock.set(saturday)
    return [
        "flow today",
        "flow studio floor",
        "flow studio cal shoot",
        "flow sign",
        "flow find 陈",
    ]


def tell(stage: Stage, scenes: Sequence[Scene]) -> None:
    """Tell the scenes in order of time."""
    line: list[tuple[datetime, int]] = []
    for n, scene in enumerate(scenes):
        first = next(scene, None)
        if first is not None:
            heapq.heappush(line, (first, n))
    while line:
        moment, n = heapq.heappop(line)
        stage.studio.clock.set(moment)
        following = next(scenes[n], None)
        if following is not None:
            heapq.heappush(line, (following, n))
