"""Fingerprints: the same report from two crawls is near, next year's report is far, and duplicates are found in one pass."""

from __future__ import annotations

import random
import re
import time

import pytest
from conftest import GOLD_REPORT, ROOT

from pipeline.extractor import Extractor
from pipeline.fingerprint import SAME, Duplicates, duplicates, fingerprint, similarity
from pipeline.view import make_view

TEXTS = [make_view(path.read_text("utf-8")).norm for path in sorted((ROOT / "annotations" / "train").rglob("*.txt"))[:60]]
FURNITURE = "首页 政务公开 法治政府建设年度报告 发布时间：2022年3月1日 来源：市司法局 浏览次数：1024 字号：大中小 打印 关闭"


def test_marks_spaces_and_punctuation_do_not_count() -> None:
    assert fingerprint("受理案件12件，审结9件。") == fingerprint("受理 案件12件\n审结9件")
    assert fingerprint("受理案件12件，审结9件。") != fingerprint("受理案件13件，审结9件。")


@pytest.mark.parametrize("text", ["", "一", "受理", "受理案件", "受理案件十二件", "\ud800"])
def test_short_texts_have_one_too(text: str) -> None:
    assert len(fingerprint(text)) == 174
    assert similarity(fingerprint(text), fingerprint(text)) == 1


def test_two_crawls_are_near_and_other_reports_far() -> None:
    marks = [fingerprint(text) for text in TEXTS]
    assert min(similarity(mark, fingerprint(FURNITURE + text)) for mark, text in zip(marks, TEXTS, strict=True)) >= SAME
    assert max(similarity(one, other) for i, one in enumerate(marks) for other in marks[:i]) < 0.5


def test_next_year_with_new_figures_and_some_sentences_new_is_another_report() -> None:
    chance = random.Random(7)

    def next_year(text: str) -> str:
        sentences = re.findall(r"[^。]+。?", re.sub(r"\d", lambda _: str(chance.randrange(10)), text))
        others = re.findall(r"[^。]+。", chance.choice(TEXTS)) or ["无。"]
        return "".join(sentence if chance.random() > 0.3 else chance.choice(others) for sentence in sentences)

    assert max(similarity(fingerprint(text), fingerprint(next_year(text))) for text in TEXTS) < SAME


def test_duplicates_name_the_first_of_their_kind() -> None:
    marks: list[str | None] = [fingerprint(text) for text in TEXTS]
    again = [*marks, None, fingerprint(FURNITURE + TEXTS[3]), fingerprint(TEXTS[5]), fingerprint(TEXTS[5] + FURNITURE)]
    assert duplicates(again) == [None] * len(TEXTS) + [None, 3, 5, 5]
    assert duplicates([]) == []
    with pytest.raises(ValueError, match="is no fingerprint"):
        duplicates(["m1:xyz"])
    with pytest.raises(ValueError, match="is no fingerprint"):
        similarity("m0:" + "A" * 171, "m0:" + "A" * 171)


def test_one_after_the_other_gives_the_same_duplicates() -> None:
    marks: list[str | None] = [fingerprint(text) for text in TEXTS]
    again = [*marks, None, fingerprint(FURNITURE + TEXTS[3]), fingerprint(TEXTS[5]), fingerprint(TEXTS[5] + FURNITURE)]
    seen = Duplicates()
    found = [seen.first_like(str(number), mark) for number, mark in enumerate(again)]
    assert found == [first if first is None else str(first) for first in duplicates(again)]
    assert [seen.first_like(name, "m0:other") for name in ("x", "y")] == [None, "x"], "of another version: by equality"


def test_many_equal_ones_are_found_in_bounds_of_time() -> None:
    mark = fingerprint(TEXTS[0])
    start = time.monotonic()
    assert duplicates([mark] * 20_000) == [None] + [0] * 19_999
    assert time.monotonic() - start < 20


def test_a_record_carries_it(extractor: Extractor) -> None:
    record = extractor.read(GOLD_REPORT)
    assert record.fingerprint is not None
    plain = re.sub(r"[#\-]", "", GOLD_REPORT.read_text("utf-8"))
    assert similarity(record.fingerprint, extractor(plain).fingerprint or "") >= SAME
