"""Word files: numbers that Word sets, what wraps text, what stands apart, and packages made to do harm."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import cases
from report_files import W, as_docx, define_list, put_in_list, repacked, saved, with_document_xml, written

from pipeline.errors import UnreadableReport
from pipeline.readers import Limits, read_report
from pipeline.readers.docx import read_docx
from pipeline.readers.docx.numbering import written_number


def text_of(data: bytes) -> str:
    return read_docx(data, "r.docx", Limits()).text


def in_body(xml: str) -> bytes:
    """A Word file with XML of the test's own before its first paragraph."""
    return with_document_xml(lambda document: document.replace("<w:body>", f"<w:body>{xml}", 1))


@pytest.mark.parametrize("case", cases("numbering.jsonl"), ids=lambda case: f"{case['format']}-{case['number']}")
def test_numbers_as_word_writes_them(case: dict[str, Any]) -> None:
    assert written_number(case["number"], case["format"]) == case["written"]


def test_a_list_of_three_levels_counts_and_starts_anew() -> None:
    from docx import Document

    document = Document()
    number = define_list(document, [("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3.")])
    for level, text in ((0, "甲"), (1, "乙"), (2, "丙"), (2, "丁"), (1, "戊"), (2, "己"), (0, "庚"), (1, "辛")):
        put_in_list(document.add_paragraph(text), number, level)
    assert text_of(saved(document)) == "一、甲\n（一）乙\n1.丙\n2.丁\n（二）戊\n1.己\n二、庚\n（一）辛\n"


def test_patterns_of_several_levels_starts_and_what_follows_the_number() -> None:
    from docx import Document

    document = Document()
    number = define_list(document, [("chineseCounting", "第%1章"), ("decimal", "%1.%2")], start=3, suffix="space")
    for level, text in ((0, "总则"), (1, "范围"), (1, "原则")):
        put_in_list(document.add_paragraph(text), number, level)
    assert text_of(saved(document)) == "第三章总则\n三.3 范围\n三.4 原则\n"


def test_a_second_use_of_a_list_with_a_start_of_its_own() -> None:
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    first = define_list(document, [("decimal", "%1、")])
    root = document.part.numbering_part.element
    override = "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride>"
    root.append(parse_xml(f"<w:num xmlns:w='{W}' w:numId='900'><w:abstractNumId w:val='{first}'/>{override}</w:num>"))
    root.append(parse_xml(f"<w:num xmlns:w='{W}' w:numId='901'><w:abstractNumId w:val='{first}'/></w:num>"))
    for number, text in ((first, "甲"), (first, "乙"), (900, "丙"), (900, "丁"), (901, "戊")):
        put_in_list(document.add_paragraph(text), number, 0)
    assert text_of(saved(document)) == "1、甲\n2、乙\n1、丙\n2、丁\n3、戊\n"


def test_numbers_that_come_by_style_and_are_taken_away() -> None:
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    number = define_list(document, [("chineseCounting", "%1、")])
    style = document.styles["Heading 1"].element
    style.get_or_add_pPr().append(parse_xml(f"<w:numPr xmlns:w='{W}'><w:numId w:val='{number}'/></w:numPr>"))
    document.add_paragraph("工作成效", style="Heading 1")
    put_in_list(document.add_paragraph("不编号", style="Heading 1"), 0, 0)
    document.add_paragraph("下步打算", style="Heading 1")
    assert text_of(saved(document)) == "一、工作成效\n不编号\n二、下步打算\n"


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<w:p><w:r><w:t>2021年</w:t></w:r><w:smartTag w:element='chmetcnv'><w:r><w:t>12公里</w:t></w:r></w:smartTag></w:p>", "2021年12公里"),
        ("<w:sdt><w:sdtContent><w:p><w:r><w:t>控件内</w:t></w:r></w:p></w:sdtContent></w:sdt>", "控件内"),
        ("<w:p><w:ins w:id='1' w:author='a'><w:r><w:t>增</w:t></w:r></w:ins><w:del w:id='2' w:author='a'><w:r><w:delText>删</w:delText></w:r></w:del></w:p>", "增"),
        ("<w:p><w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink><w:r><w:tab/><w:t>后</w:t></w:r></w:p>", "链接\t后"),
        ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:fldSimple w:instr='DATE'><w:r><w:t>2021年</w:t></w:r></w:fldSimple></w:p>", "2021年"),
        ("<w:p><w:pPr><w:pStyle w:val='TOC1'/></w:pPr><w:r><w:t>一、总体情况 3</w:t></w:r></w:p>", "一、总体情况 3"),
    ],
)  # fmt: skip
def test_what_wraps_text(xml: str, text: str) -> None:
    assert text_of(in_body(xml)) == f"{text}\n甲。\n"


def test_a_table_of_contents_stands_apart() -> None:
    gallery = "<w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
    assert text_of(in_body(f"<w:sdt>{gallery}<w:sdtContent><w:p><w:r><w:t>一、概况 1</w:t></w:r></w:p></w:sdtContent></w:sdt>")) == "甲。\n"
    from docx import Document

    document = Document()
    document.styles.add_style("toc 2", 1)
    document.add_paragraph("（一）概况 1", style="toc 2")
    document.add_paragraph("乙。")
    assert text_of(saved(document)) == "乙。\n"


def test_a_text_box_is_read_once() -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    xml = f"<w:p><w:r><mc:AlternateContent xmlns:mc='{mc}'><mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    assert text_of(in_body(xml)).split() == ["框内", "甲。"]


def test_headers_and_footers_stand_apart() -> None:
    assert text_of(as_docx(["甲。"], header="政府公报", footer="第1页")) == "甲。\n"


def test_tables() -> None:
    from docx import Document

    document = Document()
    table = document.add_table(rows=3, cols=3)
    for row, cells in zip(table.rows, (("项目", "件数", "备注"), ("许可", "12", ""), ("处罚", "3", "其中\n罚款2")), strict=True):
        for cell, content in zip(row.cells, cells, strict=True):
            cell.text = content
    table.cell(1, 2).merge(table.cell(2, 2))
    layout = document.add_table(rows=1, cols=1).cell(0, 0)
    layout.text = "一、概况"
    layout.add_paragraph("受理12件。")
    assert text_of(saved(document)) == "项目\t件数\t备注\n许可\t12\t其中 罚款2\n处罚\t3\t\n一、概况\n受理12件。\n"


def test_footnotes_follow_the_body() -> None:
    notes = f"<w:footnotes xmlns:w='{W}'><w:footnote w:type='separator' w:id='0'><w:p/></w:footnote><w:footnote w:id='1'><w:p><w:r><w:t>不含县区。</w:t></w:r></w:p></w:footnote></w:footnotes>"
    relation = "<Relationship Id='rId99' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes' Target='footnotes.xml'/></Relationships>"
    kind = "<Override PartName='/word/footnotes.xml' ContentType='application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml'/></Types>"
    data = repacked(
        as_docx(["甲。"]),
        {
            "word/_rels/document.xml.rels": lambda old: old.replace(b"</Relationships>", relation.encode()),
            "[Content_Types].xml": lambda old: old.replace(b"</Types>", kind.encode()),
        },
    )
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("word/footnotes.xml", notes)
    assert text_of(buffer.getvalue()) == "甲。\n不含县区。\n"


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = written(tmp_path, "secret.txt", "机密".encode())
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY n SYSTEM "http://127.0.0.1:9/x">]>'
    data = with_document_xml(lambda xml: xml.replace("?>", "?>" + doctype, 1).replace("甲。", "甲&e;&n;。"))
    assert "机密" not in text_of(data)


def test_entities_that_grow_are_not_expanded() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE x [<!ENTITY e0 "大大大大大大大大大大">{levels}]>'
    data = with_document_xml(lambda xml: xml.replace("?>", "?>" + doctype, 1).replace("甲。", "甲&e11;。"))
    with suppress(UnreadableReport):  # what libxml2 does with them depends on its version
        assert len(text_of(data)) < 1000


def test_external_parts_are_not_fetched() -> None:
    relation = "<Relationship Id='rId98' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes' Target='http://127.0.0.1:9/x' TargetMode='External'/></Relationships>"
    assert (
        text_of(repacked(as_docx(["甲。"]), {"word/_rels/document.xml.rels": lambda old: old.replace(b"</Relationships>", relation.encode())}))
        == "甲。\n"
    )


@pytest.mark.parametrize(("size", "words"), [(60_000_000, "GONGWEN_MAX_XML_BYTES"), (250_000_000, "unpacks to more than 200,000,000")])
def test_a_file_that_unpacks_beyond_bounds_is_refused(tmp_path: Path, size: int, words: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * size)
    with pytest.raises(UnreadableReport, match=words):
        read_report(written(tmp_path, "bomb.docx", buffer.getvalue()))


@pytest.mark.parametrize("tag", ["w:sdt", "w:tbl><w:tr><w:tc"])
def test_nesting_without_end(tag: str) -> None:
    closing = "".join(f"</{name}>" for name in reversed(tag.split("><")))
    data = in_body(f"<{tag}>" * 100_000 + closing * 100_000)
    with pytest.raises(UnreadableReport, match="a damaged Word file"):
        text_of(data)


def test_lists_that_refer_to_each_other_end() -> None:
    from docx import Document
    from docx.oxml import parse_xml

    document = Document()
    styles = document.styles.element
    for one, other in (("a", "b"), ("b", "a")):
        styles.append(
            parse_xml(f"<w:style xmlns:w='{W}' w:type='paragraph' w:styleId='{one}'><w:name w:val='{one}'/><w:basedOn w:val='{other}'/></w:style>")
        )
    paragraph = document.add_paragraph("甲。")
    paragraph._p.get_or_add_pPr().get_or_add_pStyle().val = "a"
    assert text_of(saved(document)) == "甲。\n"
