"""The section tree of a view: front matter, headings, appendices, back matter. (Closings without heading: the topic stage.)"""

from __future__ import annotations

from pipeline.layers import Section
from pipeline.stages.sections.cues import cues
from pipeline.stages.sections.headings import Heading, find_headings
from pipeline.stages.sections.layout import find_layout
from pipeline.stages.tree import place
from pipeline.view import View


def find_sections(view: View) -> list[Section]:
    """All sections in the order of the text; every character of the view lies in at least one."""
    if not view.text.strip():
        return []
    zones = find_layout(view, cues())
    headings = find_headings(view, [(z.start, z.end) for z in zones if z.kind in {"body", "appendix"}], cues())
    starts: dict[int, Heading | None] = {h.start: h for h in headings}
    first = next(view.paragraphs())[0]
    for zone in zones:
        starts.setdefault(max(zone.start, first), None)
    meta = [(z.start, z.end) for z in zones if z.kind in {"front", "back"}]
    sections = []
    for start, heading in sorted(starts.items(), key=lambda item: item[0]):
        section = Section(start, start, heading.level if heading else 1)
        if heading:
            section.heading, section.number, section.title = (heading.start, heading.end), heading.number, heading.title
        if any(s <= start < e for s, e in meta):
            section.topic = "meta"
        sections.append(section)
    return place(sections, view.text)
