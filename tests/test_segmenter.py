"""The segmentation set, the pkuseg segmenter that is trained on it, and how words are measured."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from conftest import GOLD_RECORD, ROOT
from test_workflow import small_config, small_set
from typer.testing import CliRunner

from pipeline.annotation.folder import compile_folder
from pipeline.annotation.segmentation import read_segmentation
from pipeline.cli import app
from pipeline.errors import AnnotationError, MissingComponent, ModelError
from pipeline.extractor import Extractor
from pipeline.model import checksums, shipped_segmenter, verified_card
from pipeline.record import read_records
from pipeline.scoring.segmentation import gold_ends, share_of_ends, word_f1
from pipeline.spans import split_at
from pipeline.stages.segmentation import segmenters
from pipeline.stages.segmentation.segmenters import load_segmenter, segment
from pipeline.training.corpus import make_examples
from pipeline.training.segmenter import DEFAULTS, fit_pkuseg, silver_sentences

SET = ROOT / "annotations" / "segmentation"
runner = CliRunner()


def test_the_set_is_big_enough_and_a_hundred_sentences_are_held_out() -> None:
    own = read_segmentation(SET)
    assert len(own.train) + len(own.held_out) >= 400
    assert len(own.held_out) >= 100
    assert not {"".join(s) for s in own.train} & {"".join(s) for s in own.held_out}


def test_a_word_that_is_whole_in_one_sentence_is_cut_in_no_other() -> None:
    own = read_segmentation(SET)
    sentences = [*own.train, *own.held_out]
    words = Counter(word for sentence in sentences for word in sentence)
    cut = {
        " ".join(sentence[i:j])
        for sentence in sentences
        for i in range(len(sentence))
        for j in range(i + 2, min(i + 6, len(sentence)) + 1)
        if "".join(sentence[i:j]) in words
    }
    assert cut <= {"最 多"}, "最多 the adverb and 最 多 the adjective"


def test_the_sentences_are_in_no_report() -> None:
    own = read_segmentation(SET)
    texts = [piece.record.text for piece in compile_folder(ROOT / "annotations" / "train")]
    texts += [record.text for folder in ("gold", "dev") for path in (ROOT / "annotations" / folder).glob("*.jsonl") for record in read_records(path)]
    joined = "\n".join("".join(text.split()) for text in texts)
    assert [s for s in own.train + own.held_out if len("".join(s)) > 8 and "".join(s) in joined] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("没有 两个  空格", "separated by one space"),
        ("制表\t符 也 不行", "separated by one space"),
        ("没有切开的句子", "is not segmented"),
        ("今天 下雨 。", "the same sentence as in line 1"),
    ],
)
def test_faults_of_the_set_are_named_with_their_line(tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "sentences.txt").write_text(f"今天 下雨 。\n# 注\n{line}\n", "utf-8")
    with pytest.raises(AnnotationError, match=f"sentences.txt:3: .*{words}"):
        read_segmentation(tmp_path)


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no segmentation set"):
        read_segmentation(tmp_path)


def test_the_shipped_segmenter_is_small_and_its_card_names_the_set_that_lies_here() -> None:
    folder = shipped_segmenter()
    assert folder
    card = verified_card(folder)
    assert card["data"]["segmentation"] == hashlib.sha256((SET / "sentences.txt").read_bytes()).hexdigest()[:16]
    assert card["settings"]["segmenter"] == DEFAULTS
    assert sum(file.stat().st_size for file in folder.iterdir()) < 3_000_000


def test_word_f1_by_hand() -> None:
    """Gold 市|司法局|受理, found 市|司法|局|受理: two right of three and four."""
    f1 = word_f1([["市", "司法局", "受理"]], lambda text: [(0, 1), (1, 3), (3, 4), (4, 6)])
    assert f1 == pytest.approx(4 / 7)


def test_share_of_ends_by_hand() -> None:
    (gold,) = read_records(GOLD_RECORD)
    assert share_of_ends([gold], lambda record: [(i, i + 1) for i in range(len(record.text))]) == 1.0
    whole = share_of_ends([gold], lambda record: [(0, len(record.text))])
    assert whole < 2 / len(gold_ends(gold))


def test_words_are_cut_at_edges() -> None:
    assert split_at([(0, 2), (2, 6), (6, 7)], {0, 3, 5, 6}) == [(0, 2), (2, 3), (3, 5), (5, 6), (6, 7)]
    assert split_at([], {1}) == []


def test_no_word_of_a_record_runs_over_the_edge_of_a_span(extractor: Extractor) -> None:
    (gold,) = read_records(GOLD_RECORD)
    record = extractor(gold.text)
    assert record.tokens
    assert share_of_ends([record], lambda r: r.tokens or []) == 1.0
    covered = sum(end - start for start, end in record.tokens)
    assert covered >= sum(not char.isspace() for char in extractor.nlp.make_doc(gold.text).text), "and none is lost"


def test_the_default_meets_gold(extractor: Extractor) -> None:
    gold = [r for folder in ("gold", "dev") for path in sorted((ROOT / "annotations" / folder).glob("*.jsonl")) for r in read_records(path)]
    assert share_of_ends(gold, lambda r: extractor(r.text, id=r.id).tokens or []) >= 0.995


def test_silver_words_keep_gold_spans(extractor: Extractor) -> None:
    piece = compile_folder(ROOT / "annotations" / "train" / "p01")[0]
    (example,) = make_examples([piece], extractor.nlp)
    sentences = list(silver_sentences(example.gold))
    assert len(sentences) > 20
    for sentence in sentences:
        assert "".join(sentence) in example.norm


@pytest.fixture(scope="module")
def small_pkuseg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pkuseg") / "model"
    fit_pkuseg(read_segmentation(SET).train[:120], folder, {**DEFAULTS, "iterations": 3, "least_count": 0}, seed=0)
    return folder


def test_training_the_segmenter_twice_gives_the_same_files(small_pkuseg: Path, tmp_path: Path) -> None:
    fit_pkuseg(read_segmentation(SET).train[:120], tmp_path / "again", {**DEFAULTS, "iterations": 3, "least_count": 0}, seed=0)
    assert checksums(tmp_path / "again") == checksums(small_pkuseg)


def test_pkuseg_keeps_white_space_in_place(small_pkuseg: Path) -> None:
    text = "县司法局\n审查 合同57份。\t完"
    spans = segment(text, load_segmenter("pkuseg", small_pkuseg), [])
    assert "".join(text[s:e] for s, e in spans) == "".join(text.split())
    assert all(not char.isspace() for s, e in spans for char in text[s:e])


def test_a_planted_pickle_is_refused_by_name_and_by_content(small_pkuseg: Path) -> None:
    for name, data in (("features.pkl", b"x"), ("notes.txt", b"\x80\x04\x95cos")):
        planted = small_pkuseg / name
        planted.write_bytes(data)
        with pytest.raises(ModelError, match="is a pickle"):
            load_segmenter("pkuseg", small_pkuseg)
        planted.unlink()


def test_pkuseg_without_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenters, "shipped_segmenter", lambda: None)
    for model in (None, "nowhere"):
        with pytest.raises(MissingComponent, match="train one with"):
            load_segmenter("pkuseg", model)


def test_train_only_the_segmenter(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "segmentation").mkdir()
    sentences = (SET / "sentences.txt").read_text("utf-8").split("\n")[:60]
    (tmp_path / "segmentation" / "sentences.txt").write_text("\n".join(sentences) + "\n", "utf-8")
    config = small_config(tmp_path)
    config.write_text(config.read_text("utf-8") + "\n[gongwen.segmenter]\niterations = 2\nsilver_characters = 1000\n", "utf-8")
    model = tmp_path / "pkuseg"
    arguments = ["train", "--only", "segmenter", "--annotations", str(small_set(tmp_path / "train")), "--config", str(config), "-o", str(model)]
    done = runner.invoke(app, arguments)
    assert done.exit_code == 0, done.output
    card = verified_card(model)
    assert card["settings"]["segmenter"]["iterations"] == 2
    assert 0.3 < card["scores"]["word F1 on held-out sentences"] <= 1
    (model / "weights.npz").write_bytes(b"changed")
    with pytest.raises(ModelError, match="is not the file that the model's card names"):
        load_segmenter("pkuseg", model)
