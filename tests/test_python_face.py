"""The face for notebooks: the snippets of its page run in order; a record as spaCy Doc and as a notebook shows it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, ROOT
from lxml import html as lxml_html
from test_site import hostile

from pipeline.extractor import Extractor
from pipeline.record import Record, read_records

__all__ = ["hostile"]  # the fixture

SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text("utf-8"), flags=re.DOTALL)


def test_the_snippets_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("gold", "dev"):
        shutil.copytree(ROOT / "annotations" / folder, tmp_path / "annotations" / folder)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, snippet in enumerate(SNIPPETS, 1):
        exec(compile(snippet, f"docs/python.md, snippet {number}", "exec"), names)
    said = capsys.readouterr().out
    assert "连云港市人民政府 2021" in said
    assert "['12']" in said
    assert Path("out/site/index.html").is_file()
    assert "LAW" in str(names["html"])
    assert len(SNIPPETS) > 8


@pytest.mark.parametrize("source", [GOLD_RECORD, *sorted((ROOT / "annotations" / "dev").glob("*.jsonl"))], ids=lambda path: path.stem)
def test_a_doc_holds_every_span_of_a_record(source: Path) -> None:
    for record in read_records(source):
        doc = record.to_doc()
        found = {(span.label_, "".join(span.text.split())) for span in doc.spans["entities"]}
        assert found == {(entity.label, entity.text) for entity in record.entities}
        assert ["".join(span.text.split()) for span in doc.spans["quantities"]] == [q.text for q in record.quantities]
        assert len(doc.spans["items"]) == sum(q.item is not None for q in record.quantities)
        assert len(doc.spans["actions"]) == sum(q.action is not None for q in record.quantities)
        assert {ent.label_ for ent in doc.ents} == {"LAW", "AGENCY", "MEASURE", "QUANTITY"}
        assert {ent.kb_id_ for ent in doc.ents if ent.label_ == "LAW"} == {e.canonical for e in record.entities if e.label == "LAW"}


def test_a_doc_has_the_sentences_and_words_of_its_record(extractor: Extractor) -> None:
    record = extractor("受理案件12件。办结11件。\n\n— 2 —\n\n市司法局牵头。")
    doc = record.to_doc()
    assert ["".join(sentence.text.split()) for sentence in doc.sents] == list(record.to_frame("sentences")["text"])
    assert [span.text for span in doc.spans["words"]] == list(record.to_frame("tokens")["text"])


def test_a_notebook_shows_figures_and_text_and_no_markup_of_a_report(extractor: Extractor, hostile: Record) -> None:
    record = extractor("市司法局新收行政复议案件783件。")
    shown = record._repr_html_()
    assert "行政复议案件" in shown
    assert 'class="agency"' in shown
    tree = lxml_html.fromstring(hostile._repr_html_())
    assert not list(tree.iter("script", "img"))
    assert "<script>" in tree.text_content()
