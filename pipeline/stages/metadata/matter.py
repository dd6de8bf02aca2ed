"""What the title block, the signature and the copy line say, line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.layers import Metadata
from pipeline.stages.metadata.dates import half_width, read_date
from pipeline.stages.metadata.issuers import organ_at_start, signing_organ
from pipeline.stages.names.forms import full_width

_DOC_NUMBER = re.compile(r"([\u4e00-\u9fff]{1,14}(?:（[\u4e00-\u9fff]{1,4}）)?[\u4e00-\u9fff]{0,6})[〔\[（【]((?:19|20)\d{2})[〕\]）】](第?\d+号)")
_BEFORE_NUMBER = re.compile(r"\A(?:发?文(?:件)?(?:字?号|编号)|文号|编号|字号)")
_TITLE_WORD = re.compile(r"报告|总结|情况|白皮书|年报|要点|意见|方案|通知|公报|述法")
_TITLE_HINT = re.compile(r"关于|人民政府|\d{4}年")
_ADDRESSEE = re.compile(r"([^。；：\n]{2,60})：\Z")
_CC = re.compile(r"抄[送报发]：?(.+)")
_FURNITURE = re.compile(
    r"发布|来源|作者|浏览|索引|(?:网站)?首页|当前|发文|成文|文号|字[体号]|您|信息|日期|时间|【|\[|主题|有效|名称|——|（|今天|打印|关闭|责任?编|编辑|阅读|点击|签发|分享|公开|密级|保密"
)
_DATE_ALONE = re.compile(r"(?:——|（)?(?:19|20)\d{2}年\d{1,2}月\d{1,2}日(?:）|在.*|\Z)")
_MENU = re.compile(r"[|｜>＞»→].*[|｜>＞»→]")
_SPEAKER = re.compile(r"([\u4e00-\u9fff]{2,20}人民政府)(?:代)?(?:省长|市长|县长|区长|州长|主席|旗长|盟长|镇长|乡长)")
_PRINT = re.compile(r"印发\Z|印\Z|印制\Z")
_PUBLISHED = re.compile(r"(?:发布|发文|成文|公开)(?:时间|日期)：?")
_NO_SIGNATURE = re.compile(r"(?:抄|附|公开|联系|特此|打印|印|主办|承办|来源|责任|审核|编辑|发布|分送|报送|主送|校对)")
_MAX_TITLE = 120


def read_front(meta: Metadata, lines: Sequence[str]) -> None:
    """Title, document number and addressee; a title may run over several lines, under the name of the organ that issues it."""
    title: list[str] = []
    for written in lines:
        line = full_width(half_width(written))
        number = _DOC_NUMBER.search(line)
        if number and meta.doc_number is None:
            stem = _BEFORE_NUMBER.sub("", number.group(1)) or number.group(1)
            meta.doc_number = f"{stem}〔{number.group(2)}〕{number.group(3)}"
            if len(line) < len(number.group()) + 12:
                continue
        addressee = _ADDRESSEE.match(line)
        if addressee and not _FURNITURE.match(line) and not _TITLE_WORD.search(line):
            meta.addressee = addressee.group(1)
        elif not meta.title:
            title = _with_line(title, "".join(written.split()), line)
            if title and _TITLE_WORD.search(line) and title[-1] == "".join(written.split()):
                meta.title = "".join(title)
    if meta.title is None and title and len("".join(title)) <= _MAX_TITLE:
        meta.title = "".join(title)


def _with_line(title: list[str], written: str, line: str) -> list[str]:
    """The title so far with one more line, where that can belong to it; a letterhead gives way to the same name in the title."""
    if not _is_title_part(line, bool(title)):
        return [] if _MENU.search(line) else title
    if title and line.startswith("".join(title)):
        return [written]
    return [*title, written]


def _is_title_part(line: str, started: bool) -> bool:
    if _FURNITURE.match(line) or _DATE_ALONE.fullmatch(line) or _MENU.search(line) or len(line) > 60:
        return False
    if line.endswith(("文件", "×××", "：")) or "签发人" in line:
        return False
    return bool(_TITLE_WORD.search(line)) or started or bool(_TITLE_HINT.search(line)) or 5 <= len(line) <= 40


def read_back(meta: Metadata, lines: Sequence[str]) -> list[str]:
    """The copy line's receivers into `meta`; the dates of signature, in order."""
    dates = []
    for index, written in enumerate(lines):
        line = full_width(half_width(written)).strip("*")
        cc = _CC.match(line)
        if cc:
            meta.cc = _receivers(cc.group(1), lines[index + 1 :])
        elif not _PRINT.search(line) and not _PUBLISHED.match(line) and not _NO_SIGNATURE.match(line) and (date := read_date(line)):
            dates.append(date)
    return dates


def _receivers(text: str, following: Sequence[str]) -> list[str]:
    """Names of a copy line; one that ends with a comma goes on in the next line."""
    for more in following:
        if not re.search(r"[，、；]\Z", text) or _PRINT.search(more):
            break
        text += full_width(more).strip("*")
    return [name for name in re.split(r"[、，；。]", text) if name and not _PRINT.search(name)]


def signature(lines: Sequence[str]) -> str | None:
    """The organ that signs."""
    for written in lines:
        line = re.sub(r"（(?:盖章|公章|印章|章)）\Z", "", full_width(written).strip("*"))
        if not _NO_SIGNATURE.match(line) and not _PRINT.search(line) and (organ := signing_organ(line)):
            return organ
    return None


def speaker(lines: Sequence[str]) -> str | None:
    """The government whose head gives a work report: `白银市人民政府市长　×××`."""
    return next((m.group(1) for line in lines if (m := _SPEAKER.match(line))), None)


def letterhead(lines: Sequence[str]) -> str | None:
    """The organ of a red letterhead: `宁州市司法局文件`."""
    for line in lines:
        if line.endswith("文件") and (organ := organ_at_start(line.removesuffix("文件"))):
            return organ
    return None


def given_on(lines: Sequence[str]) -> str | None:
    """The date under the title: of a work report, in brackets, or alone in its line."""
    return next((read_date(line) for line in map(half_width, lines) if _DATE_ALONE.match(full_width(line))), None)


def published_on(lines: Sequence[str]) -> str | None:
    """The date at which a web page says it was published."""
    for line in lines:
        match = _PUBLISHED.search(full_width(half_width(line)))
        if match and (date := read_date(half_width(line)[match.end() :])):
            return date
    return None


def printed_on(lines: Sequence[str]) -> str | None:
    """The date of the print line."""
    return next((date for line in lines if _PRINT.search(line) and (date := read_date(line))), None)
