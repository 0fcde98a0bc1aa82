"""In which form a list is asked for: JSON in pages, or whole as a file for a spreadsheet (`?format=`, `Accept`)."""

from __future__ import annotations

from starlette.requests import Request

from api.application.exports.exporting import EVERY_FORM, FORMS, MEDIA_TYPES, FileForm
from api.http.request import prefers
from domain.errors import Invalid

FORMAT = "format"
_JSON = "application/json"
WHOLE: dict[str, tuple[FileForm, ...]] = {
    "/v1/standings": EVERY_FORM,
    "/v1/bad-records/{year}": ("json", *FORMS),
    "/v1/survey-summaries/{year}": ("json", *FORMS),
}
"""Lists that are always answered whole, and in which forms."""
_OF_PAGES = ("limit", "cursor")


def form_wanted(request: Request, path: str) -> FileForm | None:
    """The form of file that is asked for, None for pages of JSON.

    `path`: of the route; what has no pages is a file in any case. Raises: Invalid for another, and for a page of one.
    """
    has_pages = path not in WHOLE
    offered = WHOLE.get(path, FORMS)
    named = request.query_params.get(FORMAT)
    form: FileForm | None = next((one for one in offered if one == named), None)
    if named is not None and form is None and named != "json":
        names = [*(["json"] if has_pages else []), *offered]
        raise Invalid(
            f"没有“{named[:20]}”这种格式",
            f"there is no format {named[:20]}",
            cites=("api.md",),
            remedy=f"可用：{'、'.join(names)}",
            remedy_en=f"There are: {', '.join(names)}.",
            pointer=f"?{FORMAT}",
        )
    if named is None:
        others = [one for one in offered if one != "json"]
        form = next((one for one in others if prefers(request, MEDIA_TYPES[one], _JSON)), None)
    if form is None and not has_pages:
        return "json"
    if form is not None:
        _whole_only(request)
    return form


def _whole_only(request: Request) -> None:
    for name in _OF_PAGES:
        if name in request.query_params:
            raise Invalid(
                f"文件总是整份清单，不能带 {name}",
                f"a file is always the whole list: {name} does not go with it",
                cites=("api.md",),
                remedy="请去掉该参数，或改用 format=json 分页",
                remedy_en="Leave it out, or ask for pages as JSON.",
                pointer=f"?{name}",
            )


def in_chinese(request: Request) -> bool:
    """Whether headings are to be Chinese: unless English is asked for by `Accept-Language`, before Chinese."""
    for one in request.headers.get("accept-language", "").lower().split(","):
        language = one.partition(";")[0].strip()[:2]
        if language in ("zh", "en"):
            return language == "zh"
    return True
