"""Word segmenters: the same words from both jiebas, names whole, a trained pkuseg model in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GOLD_RECORD

import pipeline
from pipeline.knowledge.matcher import domain_matcher
from pipeline.record import read_records
from pipeline.stages.segmentation.segmenters import load_segmenter, segment


def words(text: str, name: str = "jieba") -> list[str]:
    spans = [(s, e) for s, e, _ in domain_matcher().find(text)]
    return [text[s:e] for s, e in segment(text, load_segmenter(name), spans)]  # type: ignore[arg-type]


def test_known_names_are_words_whole() -> None:
    assert "行政复议法" in words("依照行政复议法办理")
    assert "人力资源和社会保障局" in words("市人力资源和社会保障局负责")
    assert "连云港市" in words("在连云港市推行")


def test_white_space_is_in_no_word() -> None:
    assert words("一、标题\n正文\t单元") == ["一", "、", "标题", "正文", "单元"]


def test_jieba_and_rjieba_give_the_same_words() -> None:
    import jieba

    rjieba = pytest.importorskip("rjieba")
    (record,) = read_records(GOLD_RECORD)
    assert list(rjieba.cut(record.text)) == jieba.Tokenizer().lcut(record.text)


def test_the_domain_words_touch_no_global_dictionary() -> None:
    import jieba

    before = dict(jieba.dt.FREQ)
    words("市行政复议委员会依照行政复议法办理")
    assert before == jieba.dt.FREQ


def test_long_lines_are_cut_in_pieces_without_loss() -> None:
    text = "市司法局受理案件。" * 6000
    spans = segment(text, load_segmenter("jieba"), [])
    assert "".join(text[s:e] for s, e in spans) == text


def test_pkuseg_trains_and_serves(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import spacy_pkuseg

    sentences = ["市 司法局 受理 案件 12 件 。", "省 财政厅 拨付 资金 。", "县 公安局 查处 案件 。"]
    (tmp_path / "train.txt").write_text("\n".join(sentences * 20) + "\n", "utf-8")
    spacy_pkuseg.train(str(tmp_path / "train.txt"), str(tmp_path / "train.txt"), str(tmp_path / "model"), train_iter=2)
    record = pipeline.load(segmenter="pkuseg", segmenter_model=str(tmp_path / "model"))("市司法局受理案件12件。")
    assert [record.text[s:e] for s, e in record.tokens or []][:3] == ["市", "司法局", "受理"]
