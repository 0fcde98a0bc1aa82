"""Every command of `steward`: the module that has it, and what it does in one line.

A command's module is imported when it is called: whoever asks for help, or for one standing, does not wait for the web
service, the migrations and the fonts.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, Mapping[str, str]] = {
    "api.cli.operating.serving": {
        "serve": "启动服务：新数据库自动建立，旧版本自动迁移，较新或只迁移一半的拒绝（退出码 3）"
        " / Serve, in one process or more.",
        "setup-link": "打印一次性设置链接，用来建立第一个管理员"
        " / Print a one-time link by which the first administrator is made.",
        "migrate": "把数据库迁移到本版本（加锁，可重复运行） / Bring the database to this version; safe to run again.",
    },
    "api.cli.operating.demonstration": {
        "demo": "建立演示区（尚无时）：虚构的机构和事实，2022 年至昨天"
        " / Make the demonstration district if it is missing."
    },
    "api.cli.importing": {
        "import": "批量导入命令：先校验整个文件，无误才分批记录；中断后再次运行即从断点继续"
        " / Import commands from a file."
    },
    "api.cli.workbook_files": {
        "import-template": "写出一种工作簿的模板：表头、下拉选项、说明和示例"
        " / Write the template of a kind of workbook."
    },
    "api.cli.uploading_files": {
        "upload": "把证据文件存入证据库，供 24 小时内登记的记录引用"
        " / Keep files of evidence, for records of the next 24 hours."
    },
    "api.cli.questions.question_commands": {
        "standing": "一家机构的惩戒等级、不良信息和考评得分 / An agency's sanction tier, bad records and score.",
        "sheet": "附件1 考评打分表，逐项说明 / The score sheet of annex 1, every number explained.",
        "timeline": "状态发生变化的每一天及其原因 / Every day on which something of the standing changes, and why.",
    },
    "api.cli.questions.exporting_tables": {
        "export-table": "把一份清单整份导出为 XLSX 或 CSV / Write a whole list as XLSX or CSV."
    },
    "api.cli.questions.exporting_workbooks": {
        "export-workbook": "一种事实按模板的列整份导出，可再导入"
        " / Write the facts of a kind in the columns of its workbook."
    },
    "api.cli.questions.printing_sheets": {
        "sheets": "一个年度全部机构的打分表，合为一个 PDF / The score sheets of all agencies of a year as one PDF."
    },
    "api.cli.questions.replay_commands": {
        "replay": "逐条重放机构的历史：每记录一条之后的状态 / The history event by event, with the standing after each."
    },
    "api.cli.questions.replaying_under": {
        "replay-under": "按另一规则库重算某年度，不写入任何内容"
        " / What another rulebook would have made of a year; nothing is written."
    },
    "api.cli.operating.rebuilding": {
        "rebuild": "从全部事件重建读模型，列出差异并替换，不停止读写"
        " / Make the read models anew, list differences, swap them in.",
        "check": "读模型与重放逐行、逐答核对，不作改动"
        " / Compare the read models with the replay, row by row, answer by answer.",
    },
    "api.cli.operating.verifying": {
        "verify": "验证证书：核对证明，并由其中的记录重新推算结果"
        " / Check the proofs and make the answer anew from the events."
    },
    "api.cli.operating.proving": {
        "checkpoint": "立即封存并签署日志，输出检查点"
        " / Seal and sign the log now, and print the checkpoint, a signed note.",
        "verify-receipt": "脱机核验回执，不需要数据库，不通过则退出码 9"
        " / Check a receipt offline; exit code 9 if nothing is proven.",
        "keys": "签署日志的密钥 / the keys that sign the log (docs/proof.md)",
    },
    "api.cli.operating.auditing": {
        "audit": "重读全部字节，重算散列、树、各机构的记录头和读模型，与已签署的检查点核对，不作改动"
        " / Audit all that is stored."
    },
    "api.cli.operating.copy_commands": {
        "backup": "为内嵌数据库做一份完整副本，服务可照常运行 / Copy an embedded database while it is served.",
        "restore": "恢复备份（restore FILE），以及恢复之后的接续"
        " / put a backup back (restore FILE), and go on after it",
    },
    "api.cli.operating.archive_commands": {
        "export": "把整个台账写成一个可移植的归档，服务可照常运行"
        " / Write the ledger as one portable archive while it is served."
    },
    "api.cli.operating.benchmarking": {
        "bench": "测量性能并写出报告 / Measure, each against its floor in the same run, and write the report."
    },
    "api.cli.access.token_commands": {
        "token": "令牌：谁以什么角色使用接口 / tokens: who speaks to the service, and in which role"
    },
    "api.cli.access.account_commands": {"account": "账户：谁可以登录页面 / accounts: who may sign in to the pages"},
    "api.cli.adopting": {"calendar": "节假日日历 / the holiday calendar", "rulebook": "规则库 / the rulebook"},
    "api.cli.access.master_key_commands": {
        "master-key": "主密钥：加密数据库内的全部密钥，本身不在数据库中"
        " / the master key, which wraps all keys in the database"
    },
    "api.cli.operating.clock_commands": {"clock": "记录所依的时钟 / the clock that facts are recorded by"},
}
"""Module, which has `register(app)` -> its commands -> the first line of their help (`tests/cli/test_help.py`)."""
