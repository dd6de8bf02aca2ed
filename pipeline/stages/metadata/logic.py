"""Metadata by the form of official documents (GB/T 9704—2012): front matter, signature, copy line, print line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline import knowledge
from pipeline.layers import Metadata, Section
from pipeline.stages.metadata.regions import area_of, frequent_area
from pipeline.stages.names.forms import full_width
from pipeline.view import View

_CN_DIGITS = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0", "Ｏ": "0", "O": "0"}
_DOC_NUMBER = re.compile(r"[\u4e00-\u9fff]{2,14}（?[〔\[（](?:19|20)\d{2}[〕\]）]第?\d+号")
_TITLE_WORD = re.compile(r"报告|总结|情况|白皮书|年报|要点|意见|方案|通知")
_DATE = re.compile(r"((?:19|20)\d{2})年(\d{1,2})月(\d{1,2})日")
_CN_DATE = re.compile(r"([一二三四五六七八九〇○零ＯO]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日")
_ADDRESSEE = re.compile(r"([^，。；：\n]{2,40})：\Z")
_YEAR_OF_REPORT = re.compile(r"((?:19|20)\d{2})年度?(?!以来)")
_CC = re.compile(r"抄[送报]：(.+)")
_FURNITURE = re.compile(r"发布|来源|作者|浏览|索引|首页|当前|发文|成文|文号|字体|您|信息|日期|时间|【|主题|有效|名称|——|（")
_HALF = str.maketrans("０１２３４５６７８９", "0123456789")
_PRINT = re.compile(r"印发\Z|印\Z")
_ORGAN_TAIL = (
    r"(?:人民政府(?:办公[室厅])?|行政公署|管理委员会|管委会|委员会(?:办公室)?|办公[室厅]|办事处|局|厅|部|署|法院|检察院"
    r"|总队|支队|大队|中心|海关|税务局|政府|委|所|队|站|院|分局|公司)"
)
_ORGAN = re.compile(rf"[\u4e00-\u9fff（）()·]{{2,40}}?{_ORGAN_TAIL}(?:（[^）]+）)?\Z")
_ORGAN_START = re.compile(
    rf"[\u4e00-\u9fff]{{2,40}}?(?:人民政府(?:办公[室厅])?|行政公署|管理委员会|管委会|办事处|委员会|税务局|海关|法院|检察院|{_ORGAN_TAIL})(?=关于|(?:19|20)\d{{2}}|二〇|法治|依法|政府|行政|信息|贯彻|推进|年度|工作|$)"
)


def find_metadata(view: View, sections: Sequence[Section]) -> Metadata:
    """Title, document number, issuer, addressee, dates, region and copy line, with warnings for contradictions."""
    meta = Metadata()
    front, back = _matter(view, sections)
    _read_front(meta, front)
    dates = _read_back(meta, back)
    meta.issuer = _signature(back) or _issuer_in_title(meta.title) or _speaker(front)
    meta.date = next(iter(dates), None) or _published(front)
    meta.year = _reported_year(meta, view.norm[:1500])
    _set_region(meta, view.norm)
    _warn(meta, back)
    return meta


def _set_region(meta: Metadata, norm: str) -> None:
    """The longest form of the issuer's area that signature and title give; a central organ has none."""
    if meta.issuer and (meta.issuer in knowledge.central_agencies() or meta.issuer.removeprefix("中华人民共和国") in knowledge.central_agencies()):
        meta.region_level = "central"
        return
    year = int(meta.year) if meta.year else None
    areas = [area for name in (meta.issuer, meta.title) if name and (area := area_of(full_width(name), year))]
    if not areas and (found := frequent_area(norm[:4000])):
        areas = [found]
    if areas:
        best = max(areas, key=lambda area: (area.level == areas[0].level, len(area.name)))
        meta.region, meta.region_level = best.name, best.level


def _matter(view: View, sections: Sequence[Section]) -> tuple[list[str], list[str]]:
    """Lines of the front and of the back matter, as written."""
    meta_parts = [s for s in sections if s.topic == "meta"]
    if not meta_parts:
        return [], []
    first, last = meta_parts[0], meta_parts[-1]
    has_front = first.start == sections[0].start
    front = view.plain[first.start : first.end].split("\n") if has_front else []
    back = view.plain[last.start : last.end].split("\n") if last is not first or not has_front else []
    return front, back


def _read_front(meta: Metadata, lines: Sequence[str]) -> None:
    title: list[str] = []
    for written in lines:
        line = full_width(written.translate(_HALF))
        number = _DOC_NUMBER.search(line)
        if number and meta.doc_number is None:
            meta.doc_number = number.group().replace("（", "〔").replace("）", "〕").replace("[", "〔").replace("]", "〕")
            if len(line) < len(number.group()) + 12:
                continue
        addressee = _ADDRESSEE.match(line)
        if addressee and not _FURNITURE.match(line):
            meta.addressee = addressee.group(1)
        elif not meta.title and _is_title_part(line, bool(title)):
            title.append("".join(written.split()))
            if _TITLE_WORD.search(line):
                meta.title = "".join(title)
    if meta.title is None and title:
        meta.title = "".join(title)


def _is_title_part(line: str, started: bool) -> bool:
    if _FURNITURE.match(line) or _DATE.fullmatch(line) or line.endswith(("文件", "×××")) or "签发人" in line:
        return False
    return bool(_TITLE_WORD.search(line)) or started or bool(re.search(r"关于|人民政府|\d{4}年", line)) or 5 <= len(line) <= 40


def _read_back(meta: Metadata, lines: Sequence[str]) -> list[str]:
    dates = []
    for written in lines:
        line = full_width(written.translate(_HALF))
        cc = _CC.match(line)
        if cc:
            meta.cc = [name for name in re.split(r"[、，；。]", cc.group(1)) if name]
        if _PRINT.search(line):
            continue
        date = read_date(line)
        if date:
            dates.append(date)
    return dates


def _signature(lines: Sequence[str]) -> str | None:
    for line in lines:
        if _ORGAN.fullmatch(line) and not re.match(r"(?:抄|附|公开|联系|特此|打印|印)", line):
            return line
    return None


def _speaker(lines: Sequence[str]) -> str | None:
    """The government whose head gives a work report: `白银市人民政府市长　×××`."""
    for line in lines:
        match = re.match(r"([\u4e00-\u9fff]{2,20}人民政府)(?:代)?(?:省长|市长|县长|区长|州长|主席|旗长|盟长|镇长|乡长)", line)
        if match:
            return match.group(1)
    return None


def _issuer_in_title(title: str | None) -> str | None:
    if title is None:
        return None
    match = _ORGAN_START.match(title)
    if match:
        return match.group()
    place = re.match(r"(?:关于)?([\u4e00-\u9fff]{2,12}?[省市县区镇乡州盟旗])(?=(?:19|20)\d\d|人民|法治|政府工作)", title)
    return f"{place.group(1)}人民政府" if place else None


def read_date(text: str) -> str | None:
    """The first date of a text, Arabic or Chinese, as ISO; None where there is none."""
    match = _DATE.search(text)
    if match:
        return f"{match.group(1)}-{int(match.group(2)):02d}-{int(match.group(3)):02d}"
    match = _CN_DATE.search(text)
    if match:
        year = "".join(_CN_DIGITS[c] for c in match.group(1))
        return f"{year}-{_cn_small(match.group(2)):02d}-{_cn_small(match.group(3)):02d}"
    return None


def _cn_small(text: str) -> int:
    digits = "零一二三四五六七八九"
    tens, has_ten, ones = text.partition("十")
    if not has_ten:
        return digits.index(text) if text in digits else 0
    return (digits.index(tens) if tens else 1) * 10 + (digits.index(ones) if ones else 0)


def _published(front: Sequence[str]) -> str | None:
    for written in front:
        line = written.translate(_HALF)
        if re.match(r"[（(](?:19|20)\d{2}年\d{1,2}月\d{1,2}日|——(?:19|20)\d{2}年|(?:19|20)\d{2}年\d{1,2}月\d{1,2}日\Z", line):
            return read_date(line)
    return None


def _reported_year(meta: Metadata, body: str) -> str | None:
    """The year the report is on: in the title, else in the opening, else the one before the signature's."""
    if meta.title:
        found = _YEAR_OF_REPORT.search(meta.title.translate(_HALF))
        if found:
            return found.group(1)
        chinese = re.search(r"([一二三四五六七八九〇○零]{4})年", meta.title)
        if chinese:
            return "".join(_CN_DIGITS[c] for c in chinese.group(1))
    opening = re.findall(r"((?:19|20)\d{2})年(?!\d{1,2}月|—|-)", body)
    signed = int(meta.date[:4]) if meta.date else None
    if signed and str(signed - 1) in opening:
        return str(signed - 1)
    if opening:
        return str(max(opening, key=opening.count))
    return str(signed - 1) if signed else None


def _warn(meta: Metadata, back: Sequence[str]) -> None:
    for line in back:
        if _PRINT.search(line):
            printed = read_date(line)
            if printed and meta.date and printed < meta.date:
                meta.warnings.append(f"date-mismatch: print date {printed} is before the signature's date {meta.date}")
    if meta.date and meta.year and int(meta.year) > int(meta.date[:4]):
        meta.warnings.append(f"year-mismatch: the report is on {meta.year} and signed in {meta.date[:4]}")
