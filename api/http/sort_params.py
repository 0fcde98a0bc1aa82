"""The query parameters that say by which column a list is sorted, and which way round."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

AgencySort = Annotated[
    Literal["code", "name", "category", "filing", "tier", "grade", "total", "bad_records"] | None,
    Query(description="按哪一列排序，默认按代码 / the column to sort by, the code by default"),
]
RankingSort = Annotated[
    Literal["rank", "code", "name", "total", "grade"] | None,
    Query(description="每一类型内按哪一列排序，默认按名次 / within each category, by rank by default"),
]
WorklistSort = Annotated[
    Literal["due", "agency", "since"] | None,
    Query(description="按哪一列排序，默认按到期日 / the column to sort by, what is due first by default"),
]
AccountSort = Annotated[
    Literal["login", "name", "role", "made"] | None,
    Query(description="按哪一列排序，默认按登录名 / the column to sort by, the login by default"),
]
ListSort = Annotated[
    Literal["code", "name", "category"] | None,
    Query(description="名录按哪一列排序，默认按代码 / the column to sort a register by, the code by default"),
]
ResultSort = Annotated[
    Literal["rank", "name", "total"] | None,
    Query(description="每一类型内按哪一列排序，默认按名次 / within each category, by rank by default"),
]
MatterSort = Annotated[
    Literal["due", "agency", "kind", "since"] | None,
    Query(description="按哪一列排序，默认按到期日 / the column to sort by, what is due first by default"),
]
NoticeSort = Annotated[
    Literal["due", "agency"] | None,
    Query(description="按哪一列排序，默认按到期日 / the column to sort by, what is due first by default"),
]
HintSort = Annotated[
    Literal["day", "agency"] | None,
    Query(description="按哪一列排序，默认按日期 / the column to sort by, the day by default"),
]
ConsultationSort = Annotated[
    Literal["at", "person", "agency"] | None,
    Query(description="按哪一列排序，默认按时间，最近的在前 / the column to sort by; by default the latest first"),
]
AccessChangeSort = Annotated[
    Literal["at", "act", "person", "by"] | None,
    Query(description="按哪一列排序，默认按时间，最近的在前 / the column to sort by; by default the latest first"),
]
LatestFirst = Annotated[
    Literal["asc", "desc"] | None,
    Query(description="升序或降序；按时间默认降序，其他列默认升序 / least or greatest first; by time the latest"),
]
Direction = Annotated[Literal["asc", "desc"], Query(description="升序或降序 / least or greatest first")]
