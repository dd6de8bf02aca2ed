"""Sentences, headings apart."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from conftest import cases
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.sections.logic import find_sections
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.view import make_view


@pytest.mark.parametrize("case", cases("sentences.jsonl"), ids=lambda case: f"{case['kind']}: {case['why']}")
def test_sentences(case: dict[str, Any]) -> None:
    view = make_view(case["text"])
    ends = [s.heading[1] for s in find_sections(view) if s.heading]
    assert [view.text[s:e] for s, e in find_sentences(view.norm, ends)] == case["sentences"]


@given(st.text(alphabet="一。！？；《》“”（）\n\t 1.", max_size=60), st.data())
def test_sentences_hold_every_character_once(norm: str, data: st.DataObject) -> None:
    ends = sorted(data.draw(st.sets(st.integers(0, len(norm)), max_size=3)))
    spans = find_sentences(norm, ends)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    held = {place for s, e in spans for place in range(s, e)}
    assert held >= {place for place, char in enumerate(norm) if not char.isspace()}
    assert all(0 <= s < e <= len(norm) for s, e in spans)
