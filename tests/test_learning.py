"""Array models give what the libraries that trained them give, and survive being saved."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from pipeline.learning.crf import CharCrf, encode, split_long, train_crf
from pipeline.learning.features import character_keys, gazetteer_keys, quantity_keys, shape_keys, span_keys, word_keys
from pipeline.learning.linear import LinearModel, key_of, sparse, train_linear
from pipeline.learning.ranking import Ranker, train_ranker

TEXTS = ["市司法局受理案件。", "省财政厅拨付资金。", "县公安局查处案件。", "市教育局开展检查。", "我局研究工作。", "省司法厅督办案件。"]
SPANS = [[(0, 4, "AGENCY")], [(0, 4, "AGENCY")], [(0, 4, "AGENCY")], [(0, 4, "AGENCY")], [], [(0, 4, "AGENCY")]]


def trained() -> CharCrf:
    examples = [(character_keys(t), encode(len(t), s), [(0, len(t))]) for t, s in zip(TEXTS, SPANS, strict=True)]
    return train_crf(examples, c1=0.01, c2=0.01, iterations=50, min_count=1)


def test_encode() -> None:
    assert encode(5, [(0, 3, "LAW"), (3, 4, "AGENCY")]) == ["B-LAW", "I-LAW", "E-LAW", "S-AGENCY", "O"]


def test_crf_finds_what_it_learned_and_more(tmp_path: Path) -> None:
    crf = trained()
    crf.save(tmp_path)
    for model in (crf, CharCrf.load(tmp_path)):
        text = "县司法局受理案件。\n省财政局查处案件。"
        tags, marginals = model.tag(character_keys(text), [(0, 9), (10, 19)])
        assert [(s, e, k) for s, e, k, _ in model.spans(tags, marginals)] == [(0, 4, "AGENCY"), (10, 14, "AGENCY")]
        assert marginals.sum(axis=1) == pytest.approx(np.ones(len(text)), abs=1e-3)
        assert (0, 4) in [(s, e) for s, e, _ in model.likely_spans(marginals, "AGENCY", least=0.1, longest=10)]


def test_batches_do_not_change_the_result() -> None:
    crf = trained()
    text = "".join(TEXTS)
    bounds = np.cumsum([0, *map(len, TEXTS)]).tolist()
    sequences = list(itertools.pairwise(bounds))
    together, _ = crf.tag(character_keys(text), sequences)
    alone = np.concatenate([crf.tag(character_keys(text), [s])[0][s[0] : s[1]] for s in sequences])
    assert (together == alone).all()


def test_tags_always_make_whole_spans() -> None:
    crf = trained()
    generator = np.random.default_rng(3)
    characters = list("市司法局受理案件省财政厅拨付资金我研究。")
    for _ in range(50):
        text = "".join(generator.choice(characters, size=int(generator.integers(1, 30))))
        tags, _ = crf.tag(character_keys(text), [(0, len(text))])
        names = [crf.labels[t] for t in tags]
        assert names[0][0] in "OBS"
        assert names[-1][0] in "OES"
        for first, second in itertools.pairwise(names):
            assert (second[0] in "IE") == (first[0] in "BI")


def test_empty_text_has_no_tags() -> None:
    tags, marginals = trained().tag(character_keys(""), [])
    assert len(tags) == len(marginals) == 0


def test_split_long_cuts_behind_commas() -> None:
    text = "，".join(["甲乙丙丁戊己庚辛"] * 100)
    pieces = split_long([(0, len(text))], text, longest=64)
    assert [p[0] for p in pieces[1:]] == [p[1] for p in pieces[:-1]]
    assert all(e - s <= 64 for s, e in pieces)
    assert all(text[e - 1] == "，" for _, e in pieces[:-1])


def test_feature_arrays_have_the_length_of_the_text() -> None:
    text = "市司法局依照《行政处罚法》办结案件12件，推行“放管服”改革。"
    words = [(0, 1), (1, 4), (4, 6)]
    arrays = [
        *character_keys(text),
        *word_keys(text, words),
        *gazetteer_keys(text),
        *shape_keys(text),
        *quantity_keys(text, [(17, 20)], [key_of("件")]),
    ]
    assert {len(a) for a in arrays} == {len(text)}
    assert len(word_keys(text, words)) == len(word_keys(text, []))
    assert len(quantity_keys(text, [(17, 20)], [1])) == len(quantity_keys(text, [], []))
    assert span_keys(4, [(1, 3, 1)]).tolist()[0] == 0


def test_linear_model_agrees_with_itself_after_saving(tmp_path: Path) -> None:
    examples = [sparse(list(t)) for t in TEXTS]
    model = train_linear(examples, ["city", "province", "county", "city", "own", "province"], strength=10.0, min_count=1)
    model.save(tmp_path, "m")
    again = LinearModel.load(tmp_path, "m")
    for example, label in zip(examples, ["city", "province", "county", "city", "own", "province"], strict=True):
        assert model.classes[int(model.probabilities(example).argmax())] == label
        assert again.probabilities(example) == pytest.approx(model.probabilities(example), abs=1e-2)
    assert model.probabilities(sparse([])) == pytest.approx(again.probabilities(sparse([])))


def test_ranker_learns_which_candidate_is_right(tmp_path: Path) -> None:
    groups = [
        ([["near", "noun"], ["far", "noun"], ["null"]], 0),
        ([["far", "noun"], ["near", "verb"], ["null"]], 0),
        ([["far", "verb"], ["null"]], 1),
    ]
    ranker = train_ranker(groups, penalty=0.01, min_count=1)
    ranker.save(tmp_path, "r")
    for model in (ranker, Ranker.load(tmp_path, "r")):
        scores = [[model.score(features) for features in candidates] for candidates, _ in groups]
        assert [int(model.probabilities(s).argmax()) for s in scores] == [0, 0, 1]
        assert model.probabilities(scores[0]).sum() == pytest.approx(1)
