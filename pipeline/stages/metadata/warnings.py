"""Contradictions and numbering errors of a source: kept as they stand, and named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from pipeline.layers import Metadata, Section
from pipeline.stages.metadata.dates import impossible_date, year_in_title
from pipeline.stages.metadata.matter import printed_on, published_on
from pipeline.stages.metadata.regions import area_of
from pipeline.stages.tree import ordinal

_MAX_PRINT_DELAY = 180  # days from signature to print


def contradictions(meta: Metadata, front: Sequence[str], back: Sequence[str], title_issuer: str | None) -> Iterator[str]:
    """Dates, years, numbers and issuers that do not agree, each as `code: words`."""
    for line in back:
        if wrong := impossible_date(line):
            yield f"date-invalid: no calendar has {wrong}"
    printed, published = printed_on(back), published_on([*front, *back])
    if meta.date:
        if printed and printed < meta.date:
            yield f"date-mismatch: print date {printed} is before the signature's date {meta.date}"
        elif printed and (date.fromisoformat(printed) - date.fromisoformat(meta.date)).days > _MAX_PRINT_DELAY:
            yield f"date-mismatch: print date {printed} is long after the signature's date {meta.date}"
        if published and published < meta.date:
            yield f"date-mismatch: published {published}, before the signature's date {meta.date}"
        if meta.doc_number and (found := re.search(r"〔(\d{4})〕", meta.doc_number)) and found.group(1) != meta.date[:4]:
            yield f"number-mismatch: document number of {found.group(1)}, signed in {meta.date[:4]}"
        if meta.year and int(meta.year) > int(meta.date[:4]):
            yield f"year-mismatch: the report is on {meta.year} and signed in {meta.date[:4]}"
        elif meta.year and int(meta.date[:4]) - int(meta.year) > 2:
            yield f"year-mismatch: the report is on {meta.year} and signed {int(meta.date[:4]) - int(meta.year)} years later"
    yield from _issuers(meta, title_issuer)


def year_of_opening(meta: Metadata, opening: str) -> Iterator[str]:
    """An opening that reports on another year than the title says."""
    spoken = re.match(r"(?:[^，。：]{2,60}：)?((?:19|20)\d{2})年，", opening)
    named = year_in_title(meta.title) if meta.title else None
    if spoken and named and meta.year == named and spoken.group(1) != named:
        yield f"year-mismatch: the title says {named}, the opening {spoken.group(1)}"


def _issuers(meta: Metadata, title_issuer: str | None) -> Iterator[str]:
    """A title of one area and a signature of another."""
    if not meta.issuer or not title_issuer:
        return
    signed, titled = area_of(meta.issuer), area_of(title_issuer)
    if signed and titled and not (signed.name.endswith(titled.name) or titled.name.endswith(signed.name)) and signed.level == titled.level:
        yield f"issuer-mismatch: the title names {title_issuer}, the signature {meta.issuer}"


def numbering_errors(sections: Sequence[Section]) -> Iterator[str]:
    """Numbers that are there twice, left out, or out of order among the parts of one section."""
    counts: dict[tuple[int | None, int], tuple[int, str]] = {}
    for section in sections:
        if section.number is None or section.topic == "meta":
            continue
        key = section.parent, section.level
        now = ordinal(section.number)
        before, written = counts.get(key, (0, ""))
        counts[key] = now, section.number
        where = f"{_shown(section)} {section.title}"
        parent = sections[section.parent].number if section.parent is not None else None
        under = f" under {parent}" if parent else ""
        if not now or now == before + 1:
            continue
        if now == before:
            yield f"heading-repeated: {where}: {section.number} is there twice{under}"
        elif now == 1:
            yield f"heading-restarted: {where}: the count starts again after {written}{under}"
        elif before == 0:
            yield f"heading-skipped: {where}: the count starts with {section.number}{under}"
        else:
            yield f"heading-{'skipped' if now > before else 'unordered'}: {where}: {section.number} follows {written}{under}"


def _shown(section: Section) -> str:
    number = section.number or ""
    return {1: number if number.startswith("第") else f"{number}、", 2: f"（{number}）", 3: f"{number}.", 4: f"（{number}）"}.get(
        section.level, number
    )
