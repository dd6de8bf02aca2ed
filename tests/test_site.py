"""The pages as files: every character of the text, marks that overlap or cross page breaks, nothing that acts as markup, links that lead somewhere."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import GOLD_RECORD, ROOT, cases
from lxml import html as lxml_html
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import GongwenError
from pipeline.extractor import Extractor
from pipeline.record import Record, read_records, write_records
from pipeline.site import PanelRow, build_site, plots, read_panel
from pipeline.site.marks import blocks_of, marks_of
from pipeline.site.mentions import report_file
from pipeline.site.words import words
from pipeline.view import make_view

runner = CliRunner()
SITE = ROOT / "pipeline" / "site"

BROKEN = """某某市人民政府关于2021年法治政府建设情况的报告

一、化解矛盾纠纷

全市新收行政复议案件783件，推进行政执法监督信息

— 3 —

化平台建设，市司法局落实《行政复议法》，为 3938 名农民工追发工资近 5629
万元。
"""


@pytest.fixture(scope="module")
def record(extractor: Extractor) -> Record:
    return extractor(BROKEN, id="broken")


def shown(record: Record) -> str:
    blocks = blocks_of(record, make_view(record.text))
    return "".join(piece.text for block in blocks for line in block.lines for piece in line)


def test_the_text_is_shown_as_published(record: Record) -> None:
    assert "".join(shown(record).split()) == "".join(BROKEN.split())


@pytest.mark.parametrize("case", cases("layout.jsonl"), ids=lambda case: str(case.get("name") or case.get("raw", ""))[:30])
def test_nothing_of_any_layout_is_left_out(extractor: Extractor, case: dict[str, str]) -> None:
    raw = case.get("raw") or case.get("text") or ""
    assert "".join(shown(extractor(raw)).split()) == "".join(raw.split())


@pytest.mark.parametrize("source", [GOLD_RECORD, *sorted((ROOT / "annotations" / "dev").glob("*.jsonl"))], ids=lambda path: path.stem)
def test_every_mark_covers_its_own_characters(source: Path) -> None:
    """The pieces that carry a mark's id, put together, read as the mark's stretch of the text does."""
    for record in read_records(source):
        pieces: dict[str, list[str]] = {}
        begun: list[str] = []
        for block in blocks_of(record, make_view(record.text)):
            for line in block.lines:
                for piece in line:
                    begun.extend(piece.begins)
                    for identifier in piece.ids:
                        pieces.setdefault(identifier, []).append(piece.text)
        marks = marks_of(record)
        assert sorted(begun) == sorted(mark.id for mark in marks), "each anchor once"
        for mark in marks:
            covered = "".join("".join(pieces[mark.id]).split())
            assert covered == "".join(record.text[mark.start : mark.end].split()), mark


def test_a_mark_across_a_page_break_is_one_mark_with_the_page_number_apart(extractor: Extractor) -> None:
    text = "市政府专题研究。推进行政执法监督信息\n\n— 3 —\n\n化平台建设。"
    record = json.loads(extractor(text).to_json())
    start, end = text.index("行政执法"), text.index("建设。")
    record["entities"] = [
        {
            "id": "e1",
            "label": "MEASURE",
            "start": start,
            "end": end,
            "text": "行政执法监督信息化平台",
            "canonical": "行政执法监督信息化平台",
            "score": 0.4,
        }
    ]
    record["quantities"] = []
    broken = Record.model_validate(record)
    blocks = blocks_of(broken, make_view(text))
    carrying = [(piece.text, piece.debris) for block in blocks for line in block.lines for piece in line if "e1" in piece.ids]
    assert carrying == [("行政执法监督信息", False), ("— 3 —", True), ("化平台", False)]
    assert len(blocks) == 1, "one paragraph as one reads it"
    assert all("low" in piece.kinds for block in blocks for line in block.lines for piece in line if "e1" in piece.ids)


def test_marks_that_overlap_share_a_piece(extractor: Extractor) -> None:
    record = json.loads(extractor("压减审批事项时限88%。").to_json())
    q = record["quantities"][0]
    q["item"] = {"start": 2, "end": 8, "text": "审批事项时限"}
    q["action"] = {"start": 0, "end": 2, "text": "压减"}
    record["entities"] = [{"id": "e1", "label": "MEASURE", "start": 2, "end": 6, "text": "审批事项", "canonical": None}]
    (block,) = blocks_of(Record.model_validate(record), make_view(record["text"]))
    assert [(piece.text, piece.ids) for piece in block.lines[0]] == [
        ("压减", ("q1a",)),
        ("审批事项", ("q1i", "e1")),
        ("时限", ("q1i",)),
        ("88%", ("q1",)),
        ("。", ()),
    ]


SCRIPT = "<script>window.hacked=1</script>"


@pytest.fixture(scope="session")
def hostile(extractor: Extractor) -> Record:
    """A report whose every string is an attack."""
    text = f"{SCRIPT}某市人民政府\n\n一、{SCRIPT}加强领导\n\n市司法局{SCRIPT}办理行政复议案件12件</script><img src=x onerror=window.hacked=1>。落实《{SCRIPT}法》。"
    found = json.loads(extractor(text).to_json())
    attack = f'{SCRIPT}"\'><img src=x onerror="window.hacked=1">{{{{7*7}}}}'
    found["id"] = f"../../{SCRIPT}"
    found["source"]["path"] = attack
    for name in ("title", "issuer", "region", "addressee", "doc_number"):
        found["metadata"][name] = attack
    found["metadata"] |= {"cc": [attack], "warnings": [attack], "year": "2021", "region_level": "city"}
    start = text.index("《")
    entities = [e for e in found["entities"] if e["end"] <= start]
    law = {"id": "e99", "label": "LAW", "start": start, "end": text.index("》") + 1, "text": f"《{SCRIPT}法》", "canonical": attack, "rank": "law"}
    found["entities"] = [*entities, law]
    found["quantities"] = [q | {"unit": attack, "basis": attack} for q in found["quantities"] if q["text"] == "12件"]
    return Record.model_validate(found)


def all_pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_nothing_in_a_report_becomes_markup(hostile: Record, tmp_path: Path) -> None:
    panel = [
        PanelRow(
            SCRIPT, 2021, f"../{SCRIPT}", SCRIPT, 12, SCRIPT, "exact", hostile.id, hostile.quantities[0].start, hostile.quantities[0].end, SCRIPT
        )
    ]
    build_site([hostile], tmp_path / "site", panel=panel)
    pages = all_pages(tmp_path / "site")
    assert len(pages) >= 8
    for path in pages:
        tree = lxml_html.parse(str(path))
        assert all(script.get("src") and not script.text for script in tree.iter("script")), path
        assert not list(tree.iter("img")), path
        assert not [name for element in tree.iter() if isinstance(element.tag, str) for name in element.attrib if name.startswith("on")], path
    (report,) = (tmp_path / "site" / "reports").iterdir()
    assert "{{7*7}}" in report.read_text("utf-8"), "no template of ours either"
    for path in (tmp_path / "site").rglob("*.js"):
        if path.parent.name == "data":
            assert "<" not in path.read_text("utf-8"), path
    assert not list(tmp_path.glob("*.html")), "an id cannot lead out of the folder"


def test_every_link_leads_to_a_page_and_a_place(extractor: Extractor, tmp_path: Path) -> None:
    (gold,) = read_records(GOLD_RECORD)
    other = extractor.read(ROOT / "annotations" / "dev" / "kuixi-2024.txt")
    q = gold.quantities[0]
    panel = [PanelRow("连云港市", 2021, "A-1", "涉企经营许可事项数", 535, "项", "exact", gold.id, q.start, q.end)]
    build_site([gold, other], tmp_path, panel=panel)
    trees = {path: lxml_html.parse(str(path)) for path in all_pages(tmp_path)}
    anchors = {path: {element.get("id") for element in tree.iter() if element.get("id")} for path, tree in trees.items()}
    count = 0
    for path, tree in trees.items():
        identifiers = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(identifiers) == len(set(identifiers)), f"{path}: an id twice"
        for element in tree.iter("a", "link", "script"):
            where = element.get("href") or element.get("src") or ""
            if where.startswith("data:"):
                continue
            assert not re.match(r"[a-z]+:|//", where), f"{path}: {where} needs the network"
            name, _, place = where.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            assert target.is_file(), f"{path}: {where}"
            assert not place or place.startswith("q=") or place in anchors[target], f"{path}: {where}"
            count += 1
    assert count > 500
    indicator = next(path for path in trees if path.parent.name == "indicators")
    assert f"../reports/{gold.id}.html#q1" in indicator.read_text("utf-8")


def test_pages_speak_both_languages(record: Record, tmp_path: Path) -> None:
    assert words()["zh"].keys() == words()["en"].keys()
    for language in ("zh", "en"):
        build_site([record], tmp_path / language, language=language)
        page = (tmp_path / language / "reports" / "broken.html").read_text("utf-8")
        assert html.escape(words()[language]["keys"]) in page
        for path in all_pages(tmp_path / language):
            keys = re.findall(r'data-t(?:-[a-z-]+)?="([^"]+)"', path.read_text("utf-8"))
            assert keys
            assert set(keys) <= words()["zh"].keys(), path


def test_a_new_run_leaves_nothing_of_the_old_one_and_no_other_folder_is_touched(record: Record, tmp_path: Path) -> None:
    build_site([record, record.model_copy(update={"id": "second"})], tmp_path / "site")
    build_site([record], tmp_path / "site")
    assert [path.name for path in (tmp_path / "site" / "reports").iterdir()] == ["broken.html"]
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.html").write_text("…", "utf-8")
    with pytest.raises(GongwenError, match="holds no site"):
        build_site([record], mine)
    assert (mine / "thesis.html").exists()


@pytest.mark.parametrize(
    ("identifier", "safe"), [("lianyungang-2021", True), ("连云港_2021.v2", True), ("../x", False), (".hidden", False), ("a b", False)]
)
def test_file_names(identifier: str, safe: bool) -> None:
    assert (report_file(identifier) == f"{identifier}.html") == safe
    assert "/" not in report_file(identifier)


def test_plots() -> None:
    columns = plots.columns({2021: 1, 2023: 4}, {2021: 4, 2023: 4})
    assert [(bar.label, bar.value, bar.hint) for bar in columns.bars] == [("2021", "25", "2021: 1/4"), ("2023", "100", "2023: 4/4")]
    assert columns.bars[1].height == pytest.approx(4 * columns.bars[0].height)
    panel = [PanelRow("甲市", 2020, "c", "n", 10), PanelRow("甲市", 2021, "c", "n", 20), PanelRow("乙市", 2021, "c", "n", None)]
    drawn = plots.lines(panel)
    assert [region for region, _ in drawn.lines] == ["甲市"]
    assert not drawn.logarithmic
    assert plots.lines([*panel, PanelRow("丙市", 2021, "c", "n", 90_000)]).logarithmic
    assert plots.lines([]).height == 0
    assert [(bar.label, bar.length, bar.value) for bar in plots.latest(panel)] == [("甲市", 1, "20")]
    assert plots.latest([]) == ()
    named = plots.rows({"四川": 1, "江苏": 4}, {"四川": 5, "江苏": 4, "浙江": 2})
    assert [(bar.label, bar.length, bar.value, bar.hint) for bar in named] == [("江苏", 1, "4", "4/4"), ("四川", 0.25, "1", "1/5")]
    shares = plots.rows({"level.city": 1}, {"level.city": 4, "level.town": 2}, share=True)
    assert [(bar.length, bar.value) for bar in shares] == [(0.25, "25"), (0, "0")]


def test_a_panel_is_read_from_csv_and_json(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("\ufeffregion,year,code,name,value,unit,flag\n甲市,2021,A,案件,12,件,x\n甲市,2020,A,案件,,件,\n", "utf-8")
    (tmp_path / "p.jsonl").write_text('{"region": "甲市", "year": 2021, "code": "A", "name": "案件", "value": 12, "unit": "件"}\n', "utf-8")
    first, second = read_panel(tmp_path / "p.csv")
    assert first == PanelRow("甲市", 2021, "A", "案件", 12.0, "件")
    assert second.value is None
    assert list(read_panel(tmp_path / "p.jsonl")) == [first]
    (tmp_path / "bad.csv").write_text("region,year\n甲市,2021\n", "utf-8")
    with pytest.raises(GongwenError, match=r"bad.csv: row 1 is no panel row"):
        list(read_panel(tmp_path / "bad.csv"))


def test_the_command_and_its_mistakes(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_records(Path("out.jsonl"), [record])
    done = runner.invoke(app, ["view", "out.jsonl", "-o", "site", "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert Path("site/index.html").is_file()
    for arguments, said in (
        (["view", "no.jsonl"], "no such file"),
        (["view", "out.jsonl", "-o", "out.jsonl"], "is a file"),
        (["view", "out.jsonl", "--panel", "no.csv"], "no such file"),
    ):
        failed = runner.invoke(app, arguments)
        assert failed.exit_code == 2
        assert said in failed.output
        assert "Traceback" not in failed.output
