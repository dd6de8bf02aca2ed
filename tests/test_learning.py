"""Array models give what the libraries that trained them give, and survive being saved."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learning.calibration import Calibration
from pipeline.learning.chain import SLOTS, ChainModel, Lattice, marginals, train_chain
from pipeline.learning.crf import CharCrf, encode, split_long, train_crf
from pipeline.learning.features import BaseFeatures, character_keys, gazetteer_keys, quantity_keys, shape_keys, span_keys, word_keys
from pipeline.learning.hashing import Ints, KeyTable, places
from pipeline.learning.linear import LinearModel, key_of, sparse, train_linear
from pipeline.learning.table import TableModel, train_table

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
        marginals = model.marginals(character_keys(text), [(0, 9), (10, 19)])
        assert marginals.sum(axis=1) == pytest.approx(np.ones(len(text)), abs=1e-3)
        assert [(s, e) for s, e, score in model.likely_spans(marginals, "AGENCY", least=0.1, longest=10) if score > 0.5] == [(0, 4), (10, 14)]


def test_marginals_are_those_of_all_paths() -> None:
    crf = trained()
    text = "省司法厅查处"
    marginals = crf.marginals(character_keys(text), [(0, len(text))])
    emissions = crf.emissions(character_keys(text), np.arange(len(text)))
    total = np.zeros_like(marginals)
    for path in itertools.product(range(len(crf.labels)), repeat=len(text)):
        steps = [crf.transitions[a, b] for a, b in itertools.pairwise(path)]
        begins, ends = crf.labels[path[0]][0] not in "IE", crf.labels[path[-1]][0] not in "BI"
        if begins and ends and np.isfinite(steps).all():
            total[np.arange(len(text)), path] += np.exp(emissions[np.arange(len(text)), path].sum() + sum(steps))
    assert marginals == pytest.approx(total / total.sum(axis=1, keepdims=True), abs=1e-3)


def test_batches_do_not_change_the_result() -> None:
    crf = trained()
    text = "".join(TEXTS)
    bounds = np.cumsum([0, *map(len, TEXTS)]).tolist()
    sequences = list(itertools.pairwise(bounds))
    together = crf.marginals(character_keys(text), sequences)
    alone = np.concatenate([crf.marginals(character_keys(text), [s])[s[0] : s[1]] for s in sequences])
    assert together == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize("longest", [1, 20, 1000])
def test_parts_do_not_change_the_result(longest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.learning.crf._PART", longest)
    crf = trained()
    text = "\n".join(TEXTS)
    lines = [(m.start(), m.end()) for m in re.finditer(r".+", text)]
    asked: list[tuple[int, int]] = []

    def features(start: int, end: int) -> list[Ints]:
        asked.append((start, end))
        return [keys[start:end] for keys in character_keys(text)]

    assert crf.marginals_by_parts(text, lines, features) == pytest.approx(crf.marginals(character_keys(text), lines), abs=1e-4)
    assert len(asked) == {1: len(TEXTS), 20: 2, 1000: 1}[longest]


@given(st.lists(st.integers(1, 4), max_size=12), st.data())
def test_base_features_of_a_part_are_those_of_the_whole(lengths: list[int], data: st.DataObject) -> None:
    text = "".join(TEXTS)
    ends = np.cumsum([2, *lengths]).tolist()  # no words at the front nor at the back
    base = BaseFeatures(text, list(itertools.pairwise(ends)))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    whole = base.within()
    for part, keys in zip(base.within(start, end), whole, strict=True):
        assert (part == keys[start:end]).all()


def test_empty_text_has_no_tags() -> None:
    assert len(trained().marginals(character_keys(""), [])) == 0


@given(st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=30, unique=True), max_size=4))
def test_key_table_finds_every_key_and_no_other(keys: list[list[int]]) -> None:
    arrays = [np.array([k for k in ks if k], dtype=np.int64) for ks in keys]
    table = KeyTable.of(arrays)
    row = 1
    for known, rows in zip(arrays, table.rows(_even(arrays)), strict=True):
        assert rows.tolist() == [*range(row, row + len(known)), *[0] * (len(rows) - len(known))]
        row += len(known)
    unknown = [np.setdiff1d(np.arange(1, 50), known) for known in arrays]
    assert not table.rows(_even(unknown)).any()


def _even(arrays: list[Ints]) -> list[Ints]:
    """Arrays as long as the longest, with keys that say nothing behind."""
    longest = max(map(len, arrays), default=0)
    return [np.pad(array, (0, longest - len(array))) for array in arrays]


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


def chain_of(sizes: list[int], wording: list[int]) -> Lattice:
    """A lattice in which a candidate's own feature is whether it is the null one, and its slot says what came before."""
    first = np.cumsum([0, *sizes])
    words = np.array(wording)
    own = places(1, np.where(words < 0, 1, 0))[:, None]
    slots = np.stack([np.broadcast_to(places(2, np.array([slot])), (len(words),)) for slot in range(SLOTS)], axis=1)[:, :, None]
    begins = np.zeros(len(sizes), dtype=bool)
    begins[::3] = True
    return Lattice(first, own, slots, words, words, begins)


def test_chain_learns_that_a_choice_follows_the_one_before(tmp_path: Path) -> None:
    # three steps a chain, candidates with words 7 and 8 and none: the choice of the first step is told, the others repeat it
    lattice = chain_of([2, 3, 3] * 6, [7, -1, 7, 8, -1, 7, 8, -1] * 3 + [8, -1, 7, 8, -1, 7, 8, -1] * 3)
    wanted = [7] * 9 + [8] * 9
    right = np.array([next(c for c in range(lattice.first[i], lattice.first[i + 1]) if lattice.wording[c] == w) for i, w in enumerate(wanted)])
    model = train_chain(lattice, right, np.zeros(len(lattice.own), dtype=np.float32), penalty=0.1, min_count=1)
    model.save(tmp_path, "c")
    for chain in (model, ChainModel.load(tmp_path, "c")):
        chosen, probability = chain.choose(lattice)
        assert chosen.tolist() == right.tolist()
        assert (probability > 0.5).all()


def test_chain_marginals_are_those_of_all_ways() -> None:
    generator = np.random.default_rng(5)
    node = generator.normal(size=(3, 2)).astype(np.float32)
    edge = generator.normal(size=(3, 2, 2)).astype(np.float32)
    p_node, p_edge, total = marginals(node, edge, [np.array([0]), np.array([1]), np.array([2])])
    weights = {
        way: np.exp(sum(node[i, c] for i, c in enumerate(way)) + edge[1, way[0], way[1]] + edge[2, way[1], way[2]])
        for way in itertools.product(range(2), repeat=3)
    }
    whole = sum(weights.values())
    assert total == pytest.approx(np.log(whole), abs=1e-4)
    assert p_node[1, 0] == pytest.approx(sum(w for way, w in weights.items() if way[1] == 0) / whole, abs=1e-4)
    assert p_edge[2, 1, 0] == pytest.approx(sum(w for way, w in weights.items() if way[1:] == (1, 0)) / whole, abs=1e-4)


def test_table_model_survives_saving(tmp_path: Path) -> None:
    features = np.stack([places(1, np.array([0, 1, 0, 1])), places(2, np.array([0, 0, 1, 1]))], axis=1)
    outcomes = np.array([False, True, False, True])
    model = train_table(features, outcomes, strength=10.0, min_count=1)
    model.save(tmp_path, "t")
    again = TableModel.load(tmp_path, "t")
    assert ((model.probabilities(features) > 0.5) == outcomes).all()
    assert again.probabilities(features) == pytest.approx(model.probabilities(features), abs=1e-2)


def test_calibration_tells_how_often_a_score_is_right() -> None:
    scores = [0.9] * 100 + [0.6] * 100
    outcomes = [True] * 80 + [False] * 20 + [True] * 30 + [False] * 70
    assert Calibration.fit(scores, outcomes)([0.9, 0.6]) == pytest.approx([0.8, 0.3], abs=0.05)


def test_calibration_of_scores_that_are_too_sure_at_one_end_only() -> None:
    """Not much more than half of what is very sure is right, and nearly none of what is not sure; never is a surer case made less sure."""
    scores = [0.99] * 100 + [0.6] * 100 + [0.02] * 100
    outcomes = [True] * 60 + [False] * 40 + [True] * 40 + [False] * 60 + [True] * 2 + [False] * 98
    learned = Calibration.fit(scores, outcomes)
    assert learned([0.99, 0.6, 0.02]) == pytest.approx([0.6, 0.4, 0.02], abs=0.03)
    assert (np.diff(learned(np.linspace(0, 1, 101))) >= 0).all()


@pytest.mark.parametrize("outcomes", [[True, True], [True, False], [False, False]])
def test_calibration_by_cases_that_teach_nothing_leaves_scores_as_they_are(outcomes: list[bool]) -> None:
    """All came out the same, or the less sure case was the right one."""
    assert Calibration.fit([0.2, 0.9], outcomes) == Calibration()
    assert Calibration()([0.2, 0.9]) == pytest.approx([0.2, 0.9])
