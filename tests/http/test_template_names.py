"""A template names only what it is given: a name that nobody gives is an internal error where it is reached (500)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from jinja2 import meta, nodes
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.web.frame import render
from domain.values import Role
from tests.http.desk import Desk
from tests.http.world import World

WEB = Path(__file__).parents[2] / "api" / "web"


def given() -> set[str]:
    """What routes hand over by keyword or in a dict, what the frame has, and what templates set or import."""
    found = set(render._templates.globals)
    for module in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
            elif isinstance(node, ast.Dict):
                found |= {
                    key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
    for template in WEB.rglob("*.html"):
        tree = render._templates.parse(template.read_text(encoding="utf-8"))
        found |= {one.target for one in tree.find_all(nodes.Import)} | {one.name for one in tree.find_all(nodes.Macro)}
        found |= {
            name if isinstance(name, str) else name[1] for one in tree.find_all(nodes.FromImport) for name in one.names
        }
        found |= {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"}
    return found - {"lang"}  # a key of addresses: templates have `html_lang` and `t`


def test_no_template_names_what_nobody_gives() -> None:
    """All of them, branches that no test reaches as well."""
    known = given()
    for template in sorted(WEB.rglob("*.html")):
        tree = render._templates.parse(template.read_text(encoding="utf-8"))
        assert meta.find_undeclared_variables(tree) - known == set(), template.name


@pytest.mark.shows("R41")
def test_who_has_given_no_address_finds_the_form_in_either_language(migrated_url: str, tmp_path: Path) -> None:
    """The page on which one gives it, where the service sends e-mail; the language chosen is the reader's."""
    settings = Settings(
        database_url=migrated_url,
        data_dir=tmp_path,
        smtp_host="127.0.0.1",
        mail_from="ledger@example.cn",
        public_url="http://testserver",
    )
    with TestClient(create_app(settings)) as client:
        desk = Desk(World(client), Role.AUDITOR)
        for lang, chosen in (("zh", "中文"), ("en", "English")):
            desk.get("/account/mail", lang=lang)
            shown = desk.shown("/account/mail")
            assert 'name="email"' in shown
            assert f" selected>{chosen}</option>" in shown
