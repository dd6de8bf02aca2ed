"""What a report says of itself, and the contradictions in it."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import cases

from pipeline.stages.metadata.dates import impossible_date, read_date, reported_year
from pipeline.stages.metadata.logic import find_metadata
from pipeline.stages.metadata.regions import area_of, frequent_area
from pipeline.stages.sections.logic import find_sections
from pipeline.view import make_view


@pytest.mark.parametrize("case", cases("metadata.jsonl"), ids=lambda case: f"{case['kind']}: {case['why']}")
def test_metadata(case: dict[str, Any]) -> None:
    view = make_view(case["text"])
    meta = find_metadata(view, find_sections(view))
    expected = case.get("metadata", {})
    assert {name: getattr(meta, name) for name in expected} == expected
    if "warnings" in case:
        assert [w.split(":")[0] for w in meta.warnings] == case["warnings"]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2022年2月28日", "2022-02-28"),
        ("2022-02-28", "2022-02-28"),
        ("2022.2.8", "2022-02-08"),
        ("2022/11/08", "2022-11-08"),
        ("二〇二二年十一月二十八日", "2022-11-28"),
        ("二○二三年一月五日", "2023-01-05"),
        ("二〇二三年三月廿一日", "2023-03-21"),
        ("2022年13月1日", None),
        ("去年年底", None),
    ],
)
def test_dates(text: str, date: str | None) -> None:
    assert read_date(text) == date


def test_a_date_that_no_calendar_has() -> None:
    assert impossible_date("2023年2月29日") == "2023年2月29日"
    assert impossible_date("2024年2月29日") is None


def test_reported_year_without_title_is_the_one_before_the_signature() -> None:
    assert reported_year(None, "2023-01-05", "", []) == "2022"
    assert reported_year(None, None, "", []) is None


@pytest.mark.parametrize(
    ("name", "region", "level"),
    [
        ("连云港市人民政府", "连云港市", "city"),
        ("国家税务总局贵州省税务局", "贵州省", "province"),
        ("江门市新会区人民政府", "江门市新会区", "county"),
        ("湛江海关", "湛江市", "city"),
        ("拱北海关", "珠海市", "city"),
        ("义乌海关", "义乌市", "county"),
        ("四川证监局", "四川省", "province"),
        ("内蒙古自治区兴安盟林业和草原局", "内蒙古自治区兴安盟", "city"),
        ("横琴粤澳深度合作区经济发展局", "横琴粤澳深度合作区", "county"),
        ("三亚市住房和城乡建设局", "三亚市", "city"),
        ("中国（黑龙江）自由贸易试验区黑河片区管理委员会", "黑河片区", "county"),
        ("第七师胡杨河市", "第七师胡杨河市", "city"),
        ("北京市朝阳区劲松街道办事处", "北京市朝阳区劲松街道", "town"),
    ],
)
def test_regions(name: str, region: str, level: str) -> None:
    area = area_of(name)
    assert area is not None
    assert (area.name, area.level) == (region, level)


def test_no_region() -> None:
    assert area_of("法制办公室") is None


def test_a_text_speaks_of_its_own_level() -> None:
    area = frequent_area("全市执法平稳，市政府部署专项行动，全市立案九件。石棉县两次来函，石棉县、汉源县协作，雅安市通报。")
    assert area is not None
    assert area.name == "雅安市"
