"""A file that holds several reports, one after the other: split where their titles say so, else flagged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.readers.report import Part, Report

_LINE = re.compile(r"[^\n\r\f\v\x85\u2028\u2029]+")
_MARKS = re.compile(r"[\s#*\u200b\ufeff]+")
_SUBJECT = r"法治政府|依法行政|法治(?:工作|建设)|依法治[省市县区州盟旗镇乡校局]|政府工作"
_TITLE = re.compile(
    rf"(?![一二三四五六七八九十]{{1,3}}、|[（(]|\d{{1,2}}[、.．])(?=[^\n]*(?:{_SUBJECT}))[^。；，：！？:;!?《》\t…]{{8,60}}(?:报告|总结|白皮书)\Z"
)
_YEAR = re.compile(r"(?:19|20)\d{2}|二[〇○零Ｏ][〇○零Ｏ一二三四五六七八九]{2}")
_OF_ITS_ISSUER = re.compile(r"(?:关于)?(?:(?:19|20)\d{2}|二[〇○零])")
_DOC_NUMBER = re.compile(r".{1,20}[〔\[（(](?:19|20)\d{2}[〕\]）)]第?\d+号\Z")
_DATE = re.compile(r"[\d〇○零Ｏ一二三四五六七八九十]{4}年.{1,6}月.{1,4}日")
_MASTHEAD = re.compile(r"[^。；，：！？《》]{4,30}文件\Z")
_BODY = 300
_SENTENCE = re.compile(r"[。；]")


@dataclass(frozen=True, slots=True)
class _Title:
    start: int
    end: int
    words: str

    @property
    def subject(self) -> str:
        """Its words without issuer and year: what kind of report it heads."""
        match = re.search(_SUBJECT, self.words)
        return "work" if match and match.group() == "政府工作" else "law"


def split_reports(report: Report, name: str) -> Iterator[Part]:
    """The reports in a document's text, in order; put together again they are that text.

    A document is split where two titles or more, each of its own words, head a body of their own, and their kind is the same;
    titles of unlike kinds (a report with another as annex) are flagged with a warning.
    """
    titles = _titles(report.text)
    if len(titles) < 2:
        yield Part("", name, report)
        return
    if len({title.subject for title in titles}) > 1:
        found = "; ".join(title.words for title in titles[:3])
        warning = f"several-reports: {len(titles)} titles ({found}); read as one, split the file if they are reports of their own"
        yield Part("", name, replace(report, warnings=(*report.warnings, warning)))
        return
    starts = [0, *(_front(report.text, title) for title in titles[1:])]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(report.text)], strict=True), 1):
        shown = f"{name}#{number}"
        warning = f"split: report {number} of {len(titles)} in its file"
        source = report.source.model_copy(update={"path": shown})
        yield Part(f"-{number}", shown, Report(report.text[start:end], source, (*report.warnings, warning)))


def _titles(text: str) -> list[_Title]:
    """Title lines that head a body, each of its own words: no list of contents, no cover that repeats the title."""
    lines = [_Title(match.start(), match.end(), words) for match in _LINE.finditer(text) if _TITLE.match(words := _words(match.group()))]
    ends = [*(title.start for title in lines), len(text)][1:]
    heads = [title for title, end in zip(lines, ends, strict=True) if _is_body(text[title.end : end])]
    seen: dict[str, _Title] = {}
    for title in heads:
        key = title.words.removeprefix("关于")
        if not _OF_ITS_ISSUER.match(title.words):
            seen.setdefault(key, title)
        else:  # the issuer stands on the line above, or is the same as before: then the year tells them apart
            seen.setdefault(_above(text, title.start) + key, title)
    return sorted(seen.values(), key=lambda title: title.start)


def _words(line: str) -> str:
    return _MARKS.sub("", line)


def _is_body(text: str) -> bool:
    return len("".join(text.split())) >= _BODY and len(_SENTENCE.findall(text)) >= 2


def _above(text: str, start: int) -> str:
    """The words of the line above, where it can be the first line of a title."""
    lines = text[max(0, start - 200) : start].rstrip("\n\r\u3000 #*").splitlines()
    words = _words(lines[-1]) if lines else ""
    return words if 2 <= len(words) <= 30 and not re.search(r"[。；，：！？）)]\Z", words) and not _DATE.search(words) else ""


def _front(text: str, title: _Title) -> int:
    """Where a report begins: at its title, or at the number, masthead or first title line above it."""
    start = title.start
    if _OF_ITS_ISSUER.match(title.words) and _above(text, start):
        start = text.rindex("\n", 0, start) if "\n" in text[:start] else start
        start = text.rfind("\n", 0, start) + 1
    for match in reversed(list(_LINE.finditer(text, max(0, start - 400), start))):
        words = _words(match.group())
        if not words:
            continue
        if not (_DOC_NUMBER.match(words) or _MASTHEAD.match(words)):
            break
        start = match.start()
    return start
