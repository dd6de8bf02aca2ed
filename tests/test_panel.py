"""The panel: the codebook's schema and examples, rules for years and changes, flags, scores on gold, files, the command."""

import csv
import json
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import GongwenError
from pipeline.panel import load_codebook, panel_rows
from pipeline.panel.codebook import compile_codebook
from pipeline.panel.examples import record_of_example
from pipeline.panel.write import write_rows
from pipeline.record import RecordMetadata, read_records

ROOT = Path(__file__).parent.parent
CODES = ROOT / "annotations/panel/codes.tsv"
CASES = [json.loads(line) for line in (ROOT / "tests/data/panel.jsonl").read_text("utf-8").splitlines()]
GOLD = [ROOT / "annotations/gold/lianyungang-2021.jsonl", ROOT / "annotations/dev/kuixi-2024.jsonl", ROOT / "annotations/dev/baoji-market-2022.jsonl"]


def test_codebook_is_large_and_codes_are_unique():
    codes = [indicator.code for indicator in load_codebook().indicators]
    assert len(codes) >= 100
    assert len(codes) == len(set(codes))


def test_every_label_is_a_code():
    known = {indicator.code for indicator in load_codebook().indicators} | {"-"}
    for name in ("first", "second", "independent", "codes"):
        assert set(_labels(name).values()) <= known


@pytest.mark.parametrize(("one", "other"), [("first", "independent"), ("first", "second"), ("codes", "independent")])
def test_agreement_is_as_stated(one, other):
    a, b = _labels(one), _labels(other)
    assert list(a) == list(b)
    same = sum(a[place] == b[place] for place in a)
    coded = [place for place in a if a[place] != "-" != b[place]]
    alike = sum(a[place] == b[place] for place in coded)
    kappa = cohen_kappa_score(list(a.values()), list(b.values()))
    row = f"| `{one}`, `{other}` | {same} of {len(a)} | {same / len(a):.3f} | {kappa:.3f} | {alike} of {len(coded)} |"
    assert row in (CODES.parent / "README.md").read_text("utf-8").splitlines()


def test_a_faulty_codebook_is_refused():
    entry = {
        "code": "a.b", "zh": "甲", "en": "A", "unit": "件", "units": "case", "kind": "flow", "counts": ["甲", "a"],
        "rules": [{"item": "<nothing>"}], "examples": ["{甲}[1件]"], "counterexamples": ["{乙}[1件]"],
    }  # fmt: skip
    file = {"terms": {}, "domains": {}, "generic": "^$", "units": {"case": ["件"]}, "indicators": [entry]}
    with pytest.raises(KeyError):
        compile_codebook(file)
    with pytest.raises(ValueError, match="rules"):
        compile_codebook(file | {"indicators": [entry | {"rules": []}]})


@pytest.mark.parametrize("indicator", load_codebook().indicators, ids=lambda indicator: indicator.code)
def test_examples(indicator):
    for example in indicator.examples:
        assert [row.code for row in panel_rows([record_of_example(example)])] == [indicator.code], example
    for example in indicator.counterexamples:
        assert indicator.code not in [row.code for row in panel_rows([record_of_example(example)])], example


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_years_and_changes(case, extractor):
    record = extractor(case["text"])
    record = record.model_copy(update={"metadata": RecordMetadata(year=case["year"])})
    rows = sorted(panel_rows([record]), key=lambda row: row.start)
    assert [[r.text, r.code, r.measure, r.value, r.year, r.status] for r in rows] == case["rows"]


def _labels(name: str = "codes") -> dict[tuple[str, int, int], str]:
    lines = (line.split("\t") for line in CODES.with_stem(name).read_text("utf-8").splitlines()[1:])
    return {(report, int(start), int(end)): code for report, start, end, code in lines}


def _score(records) -> tuple[float, float, float]:
    records = list(records)
    given = {(row.report, row.start, row.end): row.code for row in panel_rows(records)}
    here = {record.id for record in records}
    labels = {place: code for place, code in _labels().items() if place[0] in here and code != "-"}
    right = sum(given.get(place) == code for place, code in labels.items())
    wrong = sum(place in given and given[place] != code for place, code in labels.items())
    extra = sum(place not in labels for place in given)
    return right / len(labels), wrong / len(labels), extra / len(given)


def test_codes_of_gold_quantities():
    right, wrong, extra = _score(record for path in GOLD for record in read_records(path))
    assert right >= 0.97
    assert wrong <= 0.01
    assert extra <= 0.02


def test_codes_of_extracted_quantities(extractor):
    records = [extractor.read(path.with_suffix(".md" if "gold" in path.parts else ".txt")) for path in GOLD]
    right, wrong, extra = _score(records)
    assert right >= 0.95
    assert wrong <= 0.03
    assert extra <= 0.04


def test_two_values_of_a_cell_are_kept_and_flagged():
    first = record_of_example("‹受理›{行政复议案件}[40件]").model_copy(
        update={"metadata": RecordMetadata(region="甲市", issuer="甲市人民政府", year="2022")}
    )
    other = record_of_example("‹受理›{行政复议案件}[41件]").model_copy(update={"metadata": first.metadata, "id": "other"})
    assert [(row.value, row.flag) for row in panel_rows([first, other])] == [(40, "conflict"), (41, "conflict")]
    assert {row.flag for row in panel_rows([first, first])} == {"repeat"}
    bureau = other.model_copy(update={"metadata": RecordMetadata(region="甲市", issuer="甲市司法局", year="2022")})
    assert {row.flag for row in panel_rows([first, bureau])} == {"issuers"}


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_files(tmp_path, ending):
    target = tmp_path / f"panel{ending}"
    rows = panel_rows(read_records(GOLD[0]))
    write_rows(target, rows)
    text = target.read_text("utf-8-sig" if ending == ".csv" else "utf-8")
    read = list(csv.DictReader(text.splitlines())) if ending == ".csv" else [json.loads(line) for line in text.splitlines()]
    assert [str(row["value"]) for row in read] == [str(row.value) for row in rows]


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = panel_rows(read_records(GOLD[0]))
    write_rows(tmp_path / "panel.parquet", rows)
    assert parquet.read_table(tmp_path / "panel.parquet").num_rows == len(rows)


def test_pages_take_the_levels_of_a_panel(tmp_path):
    from pipeline.site import read_panel

    rows = panel_rows(read_records(GOLD[1]))
    write_rows(tmp_path / "panel.csv", rows)
    shown = [row for row in rows if (row.measure, row.status) == ("level", "actual") and row.year]
    assert [(row.code, row.value) for row in read_panel(tmp_path / "panel.csv")] == [(row.code, row.value) for row in shown]
    assert 0 < len(shown) < len(rows)


def test_unknown_ending(tmp_path):
    with pytest.raises(GongwenError, match="csv"):
        write_rows(tmp_path / "panel.doc", [])


def test_command(tmp_path):
    run = CliRunner()
    assert run.invoke(app, ["panel", str(GOLD[0]), "-o", str(tmp_path / "p.csv")]).exit_code == 0
    assert (tmp_path / "p.csv").is_file()
    described = run.invoke(app, ["panel", "--describe"])
    assert "行政复议" in described.output
    assert "Reconsideration cases accepted" in described.output
    assert run.invoke(app, ["panel"]).exit_code == 2
    assert run.invoke(app, ["panel", str(GOLD[0]), "-o", "p.doc"]).exit_code == 2
