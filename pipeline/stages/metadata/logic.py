"""Metadata by the form of official documents (GB/T 9704—2012): front matter, signature, copy line, print line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline import knowledge
from pipeline.layers import Metadata, Section
from pipeline.stages.metadata.dates import reported_year
from pipeline.stages.metadata.issuers import government_at_congress, issuer_in_title
from pipeline.stages.metadata.matter import given_on, letterhead, read_back, read_front, signature, speaker
from pipeline.stages.metadata.regions import area_of, frequent_area, longest_form, serves_several
from pipeline.stages.metadata.warnings import contradictions, numbering_errors, year_of_opening
from pipeline.stages.names.forms import full_width
from pipeline.view import View

_OPENING = 1500
_TEXT_FOR_AREA = 4000


def find_metadata(view: View, sections: Sequence[Section]) -> Metadata:
    """Title, document number, issuer, addressee, dates, region and copy line, with warnings for contradictions."""
    meta = Metadata()
    front, back = _matter(view, sections)
    read_front(meta, front)
    dates = read_back(meta, back)
    titled = issuer_in_title(full_width(meta.title) if meta.title else None)
    reporting = government_at_congress(front) if meta.title and "工作报告" in meta.title else None
    meta.issuer = signature(back) or titled or speaker(front) or letterhead(front) or reporting
    meta.date = next(iter(dates), None) or given_on(front)
    body = view.norm[sections[0].end if front else 0 :] if sections else ""
    meta.year = reported_year(meta.title, meta.date, body[:_OPENING], [s.title for s in sections if s.level == 1 and s.title])
    _set_region(meta, view.norm, reporting)
    meta.warnings = [*contradictions(meta, front, back, titled), *year_of_opening(meta, body.lstrip()[:120]), *numbering_errors(sections)]
    return meta


def _set_region(meta: Metadata, norm: str, reporting: str | None) -> None:
    """The area of issuer and title in the longest form that the report gives; a central organ has none."""
    central = knowledge.central_agencies()
    if meta.issuer and (meta.issuer in central or meta.issuer.removeprefix("中华人民共和国") in central):
        meta.region_level = "central"
        return
    if meta.issuer and serves_several(meta.issuer):
        meta.region_level = "province"
        return
    year = int(meta.year) if meta.year else None
    areas = [area for name in (meta.issuer, meta.title, reporting) if name and (area := area_of(full_width(name), year))]
    best = (
        max(areas, key=lambda area: (area.level == areas[0].level or area.name.endswith(areas[0].name), len(area.name)))
        if areas
        else frequent_area(norm[:_TEXT_FOR_AREA])
    )
    if best:
        meta.region, meta.region_level = longest_form(best, norm), best.level


def _matter(view: View, sections: Sequence[Section]) -> tuple[list[str], list[str]]:
    """Lines of the front and of the back matter, as written."""
    parts = [s for s in sections if s.topic == "meta"]
    has_front = bool(parts) and parts[0].start == sections[0].start
    front = _lines(view, parts[:1]) if has_front else []
    return front, _lines(view, parts[1:] if has_front else parts)


def _lines(view: View, parts: Sequence[Section]) -> list[str]:
    return [line for part in parts for line in re.split(r"[\n\t]", view.plain[part.start : part.end]) if line]
