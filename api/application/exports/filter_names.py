"""What a list was narrowed by, in words: so that a part is never taken for the whole."""

from __future__ import annotations

from collections.abc import Mapping

from api.application.exports.agency_tables import FILINGS, ROLES
from api.application.exports.table_columns import GRADES, TIERS
from domain.values import Bilingual
from projections.fact_kinds import FACT_NAMES

FILTER_NAMES: dict[str, Bilingual] = {
    "q": ("名称、代码或文字含", "with the words"),
    "tier": ("惩戒等级", "tier"),
    "grade": ("考评结果", "grade"),
    "category": ("机构类型", "category"),
    "filing": ("备案状态", "filing"),
    "status": ("状态", "state"),
    "state": ("状态", "state"),
    "kind": ("事项", "matter"),
    "urgency": ("期限", "due"),
    "due_before": ("早于", "before"),
    "behaviour": ("提示的行为", "suggested behaviour"),
    "uscc": ("统一社会信用代码", "credit code"),
    "type": ("事实类型", "type of fact"),
    "counts": ("是否计入", "counts"),
    "from": ("自", "from"),
    "to": ("至", "to"),
    "recorded_from": ("记录日自", "recorded from"),
    "recorded_to": ("记录日至", "recorded until"),
    "actor": ("记录人", "recorded by"),
    "person": ("人员编号", "person"),
    "role": ("角色", "role"),
    "order": ("顺序", "order"),
    "year": ("年度", "year"),
    "rule": ("原因", "cause"),
    "sort": ("排序依据", "sorted by"),
    "whose": ("由谁办理", "who acts"),
    "name": ("所查姓名", "person looked for"),
    "ids": ("记录编号", "records"),
}
FILTER_WORDS: dict[str, Mapping[str, Bilingual]] = {
    "tier": TIERS,
    "grade": GRADES,
    "filing": FILINGS,
    "type": FACT_NAMES,
    "role": ROLES,
    "counts": {"true": ("仍计入的", "what counts"), "false": ("已撤销的", "what was annulled")},
    "order": {
        "latest": ("最近记录的在前", "latest recorded first"),
        "asc": ("升序", "ascending"),
        "desc": ("降序", "descending"),
    },
    "behaviour": {"check": ("只需核实", "only to be checked")},
}


def filters_named(given: Mapping[str, str]) -> list[tuple[Bilingual, Bilingual]]:
    """The filters of a query, name and value in words; the basis and the form are no filters."""
    return [
        (FILTER_NAMES[name], FILTER_WORDS.get(name, {}).get(value, (value, value)))
        for name, value in given.items()
        if name in FILTER_NAMES and value
    ]
