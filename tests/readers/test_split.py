"""Files that hold several reports: split where titles say so, flagged where they do not, left whole where there is only one."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_files import as_docx, as_pdf, written

from pipeline.readers import Part, read_all

SENTENCES = (
    "全镇共受理群众来信来访{n}件，办结{n}件，按期办结率达到百分之百；组织干部学法{n}次，参加人数稳步上升。"
    "镇综合行政执法队全年开展检查{n}次，发现隐患{n}处，全部督促整改到位；公开政府信息{n}条，答复依申请公开{n}件。"
)


def body(number: int) -> str:
    """About 400 characters of a report, each report's with its own figures."""
    return "\n".join(f"{'一二三四'[n]}、工作{n}\n{SENTENCES.format(n=number * 10 + n)}" for n in range(4))


def split(tmp_path: Path, text: str) -> list[Part]:
    return list(read_all(written(tmp_path, "r.txt", text.encode())))


SIGNED = "\n{organ}\n2022年1月{day}日\n"
COLLECTION = "".join(
    f"{organ}关于2021年法治政府建设情况的报告\n县政府：\n{body(n)}{SIGNED.format(organ=organ, day=n)}"
    for n, organ in enumerate(("柳河镇人民政府", "石桥镇人民政府", "青山乡人民政府"), 1)
)


def test_reports_of_three_offices(tmp_path: Path) -> None:
    parts = split(tmp_path, COLLECTION)
    assert [(part.suffix, part.path) for part in parts] == [("-1", "r.txt#1"), ("-2", "r.txt#2"), ("-3", "r.txt#3")]
    texts = [part.report.text for part in parts if part.report]
    assert "".join(texts) == COLLECTION
    assert [text[:3] for text in texts] == ["柳河镇", "石桥镇", "青山乡"]
    assert all(part.report and "split: report" in part.report.warnings[-1] and part.report.source.path == part.path for part in parts)


@pytest.mark.parametrize("front", ["石政发〔2022〕3号\n", "石桥镇人民政府文件\n石政发〔2022〕3号\n\n"])
def test_number_and_masthead_belong_to_the_report_below(tmp_path: Path, front: str) -> None:
    parts = split(tmp_path, COLLECTION.replace("石桥镇人民政府关于", front + "石桥镇人民政府关于"))
    assert [part.report.text[:3] for part in parts if part.report] == ["柳河镇", front[:3], "青山乡"]


def test_titles_on_two_lines_and_of_two_years(tmp_path: Path) -> None:
    text = (
        f"青山乡人民政府\n2021年法治政府建设工作报告\n{body(1)}\n青山乡人民政府\n2022年1月3日\n青山乡人民政府\n2022年法治政府建设工作报告\n{body(2)}"
    )
    parts = split(tmp_path, text)
    assert [part.report.text[:20] for part in parts if part.report] == [
        "青山乡人民政府\n2021年法治政府建设工",
        "青山乡人民政府\n2022年法治政府建设工",
    ]
    assert "".join(part.report.text for part in parts if part.report) == text


def test_in_word_and_pdf_too(tmp_path: Path) -> None:
    paragraphs = COLLECTION.splitlines()
    assert len(list(read_all(written(tmp_path, "r.docx", as_docx(paragraphs))))) == 3
    assert len(list(read_all(written(tmp_path, "r.pdf", as_pdf(paragraphs))))) == 3


ONE = f"柳河镇人民政府关于2021年法治政府建设情况的报告\n{body(1)}\n"
WHOLE = {
    "one report": ONE,
    "a cover that repeats the title": f"柳河镇人民政府\n关于2021年法治政府建设情况的报告\n\n2022年1月\n\f{ONE}",
    "the title again as a heading": ONE + f"柳河镇人民政府关于2021年法治政府建设情况的报告\n{body(2)}",
    "a list of contents": "目录\n" + "".join(f"{o}2021年法治政府建设情况报告\n" for o in ("甲镇人民政府", "乙镇人民政府", "丙镇人民政府")) + ONE,
    "titles named in sentences": ONE + f"县政府印发《关于2020年法治政府建设情况的报告》。\n{body(2)}学习上级法治政府建设工作报告，\n{body(3)}",
    "a numbered heading": ONE + f"二、向县政府提交法治政府建设情况报告\n{body(2)}（三）按时公开2021年法治政府建设年度报告\n{body(3)}",
    "a letter that brings the report": f"关于报送2021年法治政府建设情况的函\n县司法局：现将报告报上，请审阅。\n{ONE}",
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_stays_whole(tmp_path: Path, name: str) -> None:
    [part] = split(tmp_path, WHOLE[name])
    assert part.suffix == ""
    assert part.report is not None
    assert (part.report.text, part.report.warnings) == (WHOLE[name], ())


def test_a_report_with_another_kind_of_report_as_annex_is_flagged(tmp_path: Path) -> None:
    [part] = split(tmp_path, ONE + f"柳河镇2021年政府工作报告\n{body(2)}")
    assert part.report is not None
    assert part.report.warnings[0].startswith("several-reports: 2 titles (柳河镇人民政府关于2021年法治政府建设情况的报告; 柳河镇2021年政府工作报告)")


def test_every_dev_and_gold_report_stays_whole() -> None:
    root = Path(__file__).parents[2] / "annotations"
    files = sorted([*root.glob("*/*.txt"), *root.glob("*/*.md"), *root.glob("train/*/*.txt"), *root.glob("train/*/*.md")])
    assert len(files) > 100
    assert {path.name: len(list(read_all(path))) for path in files if len(list(read_all(path))) != 1} == {}
    assert [path.name for path in files for part in read_all(path) if part.report and part.report.warnings] == []
