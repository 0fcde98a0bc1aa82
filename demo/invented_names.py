"""Invented names: agencies, enterprises, people, certificates, and USCCs that no real registry can have issued."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from stdnum.cn.uscc import calc_check_digit

REGION = "441399"
"""Shaped like a division code of Huizhou, but given to no division: a USCC with it belongs to nobody."""

_AGENCY_FIRST, _AGENCY_SECOND = "澄岚霁砚渚棠禾衡漪峤湛翊璟沅昀弈筠漱", "川舟岭序泽桥原洲汀野坪屏澜樾砥嶂"
_CLIENT_FIRST, _CLIENT_SECOND = "栩暄沄黎榆芷淏谌璞郴铎葭鄞泓翎祁", "塬晟稷谷圃铮湾垣钧麓榉珩砾浔埠甸"
_SURNAMES = "陈李黄张梁林刘吴罗杨钟何郑谢赖曾叶邓朱徐蔡彭曹潘袁廖邱温戴范"
_GIVEN_FIRST = "志文国晓建海永嘉伟雨子思俊丽秀婉家泽明春少锦"
_GIVEN_SECOND = "强华明辉玲敏军芳杰娟涛燕斌慧鹏霞宁琳峰雯凯莹锋"
_TRADES = (
    "精细化工", "电子材料", "塑胶制品", "港口物流", "五金制品", "食品", "仓储", "涂料", "新材料", "包装印刷",
    "机械设备", "石化助剂", "家具", "水处理", "冷链物流",
)  # fmt: skip


@dataclass(frozen=True)
class InventedCategory:
    """A kind of agency: how it is called, what it serves, and what its people are certified as."""

    name: str
    suffixes: tuple[str, ...]
    services: tuple[str, ...]
    certificates: tuple[str, ...]


CATEGORIES = (
    InventedCategory("安全评价", ("安全评价有限公司", "安全技术咨询有限公司"),
             ("安全现状评价", "安全预评价", "安全设施竣工验收评价", "专项安全评估"),
             ("安全评价师一级", "安全评价师二级", "注册安全工程师")),
    InventedCategory("消防技术服务", ("消防技术服务有限公司", "消防检测有限公司"),
             ("消防设施检测", "消防安全评估", "消防设施维护保养"),
             ("一级注册消防工程师", "二级注册消防工程师", "消防设施操作员")),
    InventedCategory("危化品安全管家", ("化工安全技术有限公司", "危化安全服务有限公司"),
             ("危化品企业驻点服务", "重大危险源辨识与评估", "HAZOP分析", "隐患排查治理"),
             ("化工安全注册安全工程师", "化工工艺工程师", "安全评价师二级")),
    InventedCategory("职业卫生", ("职业健康技术服务有限公司", "职业卫生检测有限公司"),
             ("职业病危害因素检测", "职业病危害现状评价", "职业健康管理咨询"),
             ("职业卫生评价人员", "职业卫生检测人员", "公共卫生医师")),
    InventedCategory("综合安全管家", ("安全管家服务有限公司", "安全科技有限公司"),
             ("安全生产托管服务", "隐患排查治理", "安全生产标准化辅导", "应急预案编制与演练"),
             ("注册安全工程师", "安全评价师三级", "应急救援指挥员")),
)  # fmt: skip


@dataclass(frozen=True)
class Worker:
    """One invented member of staff."""

    name: str
    qualification: str
    certificate_no: str
    years: str

    def person(self) -> dict[str, str]:
        """As `personnel` of a filing."""
        return {"name": self.name, "qualification": self.qualification, "certificate_no": self.certificate_no}

    def member(self, years: str | None = None) -> dict[str, str]:
        """As a member of a project's team."""
        return {**self.person(), "years": years or self.years}


@dataclass(frozen=True)
class Enterprise:
    """One invented enterprise of the district, agency or client."""

    uscc: str
    name: str

    def client(self) -> dict[str, str]:
        """As `client` of a command."""
        return {"uscc": self.uscc, "name": self.name}


def uscc(number: int) -> str:
    """The USCC of the invented enterprise with this number (1 to 99,999,999), with its check digit (GB 32100-2015)."""
    body = f"91{REGION}MA{number:07d}"
    return body + str(calc_check_digit(body))


def person_name(rng: Random) -> str:
    """A name as common as they come."""
    given = rng.choice(_GIVEN_FIRST) + rng.choice(_GIVEN_SECOND)
    return rng.choice(_SURNAMES) + (given if rng.random() < 0.8 else given[1])


def worker(rng: Random, category: InventedCategory) -> Worker:
    """A member of staff with an invented certificate."""
    years = rng.choice(("1", "1.5", "2", "3", "4", "5", "6.5", "8", "10", "12", "15"))
    number = f"YS{rng.randrange(2008, 2022)}{rng.randrange(10**8):08d}"
    return Worker(person_name(rng), rng.choice(category.certificates), number, years)


def agency_names(rng: Random, count: int) -> list[tuple[str, InventedCategory]]:
    """So many different names of agencies with their categories, in turn."""
    brands = _brands(rng, _AGENCY_FIRST, _AGENCY_SECOND, count)
    named = []
    for index, brand in enumerate(brands):
        category = CATEGORIES[index % len(CATEGORIES)]
        town = rng.choice(("惠州市", "惠州市", "大亚湾"))
        named.append((f"{town}{brand}{rng.choice(category.suffixes)}", category))
    return named


def clients(rng: Random, count: int) -> list[Enterprise]:
    """So many different client enterprises."""
    brands = _brands(rng, _CLIENT_FIRST, _CLIENT_SECOND, count)
    return [
        Enterprise(uscc(5_000_000 + number), f"惠州市{brand}{rng.choice(_TRADES)}有限公司")
        for number, brand in enumerate(brands, start=1)
    ]


def _brands(rng: Random, first: str, second: str, count: int) -> list[str]:
    pairs = [a + b for a in first for b in second]
    rng.shuffle(pairs)
    while len(pairs) < count:  # a district far larger than the demonstration: three characters
        pairs += [pair + rng.choice(second) for pair in pairs]
        pairs = list(dict.fromkeys(pairs))
    return pairs[:count]
