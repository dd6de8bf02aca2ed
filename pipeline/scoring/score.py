"""Compare predicted records with gold records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.record import TOPICS, Mention, Record, RecordQuantity
from pipeline.scoring.tally import Case, Kind, Result, Tally, bootstrap_weights, f1, optimal_pairs, summarize
from pipeline.stages.segmentation.sentences import find_sentences
from pipeline.view import View, make_view

LABELS = ("LAW", "AGENCY", "MEASURE")
MAIN_LAYERS = (
    "LAW", "AGENCY", "MEASURE", "QUANTITY", "QUANTITY span+value+unit+bound", "QUANTITY full", "QUANTITY item", "QUANTITY action",
    "headings", "topics", "metadata", "LAW canonical", "LAW rank", "AGENCY canonical", "AGENCY level", "MEASURE canonical",
)  # fmt: skip
_METADATA = ("title", "doc_number", "issuer", "addressee", "date", "year", "region", "region_level", "cc")
DRAWS, SEED = 1000, 20260101


@dataclass(slots=True)
class Scores:
    """Figures by metric, in order, every error, and what the figures were counted from.

    Attributes:
        tallies: counts of each metric by sentence.
        sentences: how many sentences the reports have.
        rights: `(report, layer, position)` of every gold item that was found or judged right.
    """

    results: dict[str, Result]
    macro_topics: float | None
    topics: dict[str, float]
    cases: list[Case]
    reports: int
    tallies: dict[str, Tally]
    sentences: int
    rights: set[tuple[str, str, int]]


@dataclass
class _Scorer:
    tallies: dict[str, Tally] = field(default_factory=dict)
    topic_counts: dict[str, list[int]] = field(default_factory=lambda: {t: [0, 0, 0] for t in TOPICS})
    cases: list[Case] = field(default_factory=list)
    rights: set[tuple[str, str, int]] = field(default_factory=set)
    sentences: int = 0
    _report: str = ""
    _view: View | None = None
    _starts: list[int] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _base: int = 0

    def tally(self, name: str, kind: Kind) -> Tally:
        return self.tallies.setdefault(name, Tally(kind))

    def open_report(self, gold: Record) -> None:
        """Number the sentences of a report's text behind those before."""
        view = make_view(gold.text)
        spans = find_sentences(view.norm, [])
        self._view = view
        self._starts = [view.raw_span(s, e)[0] for s, e in spans] or [0]
        self._texts = [view.surface(s, e) for s, e in spans] or [""]
        self._base = self.sentences
        self.sentences += len(self._starts)
        self._report = gold.id

    def sentence(self, position: int) -> int:
        return self._base + max(0, bisect_right(self._starts, position) - 1)

    def fault(self, layer: str, problem: str, text: str, position: int, detail: str = "") -> None:
        sentence = self._texts[max(0, bisect_right(self._starts, position) - 1)]
        self.cases.append(Case(self._report, layer, problem, text, detail, sentence, position))

    def right(self, layer: str, position: int) -> None:
        self.rights.add((self._report, layer, position))

    def spans(self, name: str, gold: dict[tuple[int, int], str], predicted: dict[tuple[int, int], str]) -> None:
        """Exact and partial scores of spans given with their texts."""
        exact, partial = self.tally(name, "f1"), self.tally(f"{name} partial", "f1")
        for key, text in gold.items():
            found = key in predicted
            exact.add(self.sentence(key[0]), gold=1, right=found)
            partial.add(self.sentence(key[0]), gold=1)
            if found:
                self.right(name, key[0])
            else:
                self.fault(name, "missed", text, key[0])
        for key, text in predicted.items():
            exact.add(self.sentence(key[0]), predicted=1)
            partial.add(self.sentence(key[0]), predicted=1)
            if key not in gold:
                self.fault(name, "spurious", text, key[0])
        gold_spans, predicted_spans = list(gold), list(predicted)
        for g, _ in optimal_pairs(gold_spans, predicted_spans):
            partial.add(self.sentence(gold_spans[g][0]), right=1)


def score(gold: Iterable[Record], predicted: Iterable[Record]) -> Scores:
    """Score predictions against gold, pooled over reports.

    Raises:
        AnnotationError: a prediction is missing, there twice, or of another text.
    """
    by_id: dict[str, Record] = {}
    for record in predicted:
        if record.id in by_id:
            raise AnnotationError(tr("prediction {id!r} is there twice", id=record.id))
        by_id[record.id] = record
    scorer = _Scorer()
    reports = 0
    for truth in gold:
        guess = by_id.get(truth.id)
        if guess is None:
            raise AnnotationError(
                tr("no prediction for gold report {id!r}; predicted are: {choices}", id=truth.id, choices=", ".join(sorted(by_id)[:8]) or tr("none"))
            )
        if guess.text != truth.text:
            raise AnnotationError(tr("prediction {id!r} is of another text than gold: offsets cannot be compared", id=truth.id))
        scorer.open_report(truth)
        _score_entities(scorer, truth, guess)
        _score_quantities(scorer, truth, guess)
        if truth.sections:
            _score_headings(scorer, truth, guess)
            _score_topics(scorer, truth, guess)
        _score_metadata(scorer, truth, guess)
        reports += 1
    weights = bootstrap_weights(scorer.sentences, DRAWS, SEED)
    results = {name: summarize(tally, weights) for name, tally in scorer.tallies.items()}
    in_gold = {t: f1(*counts) for t, counts in scorer.topic_counts.items() if counts[2]}
    macro = sum(in_gold.values()) / len(in_gold) if in_gold else None
    return Scores(results, macro, in_gold, scorer.cases, reports, scorer.tallies, scorer.sentences, scorer.rights)


def _score_entities(scorer: _Scorer, truth: Record, guess: Record) -> None:
    for label in LABELS:
        gold = {(e.start, e.end): e for e in truth.entities if e.label == label}
        predicted = {(e.start, e.end): e for e in guess.entities if e.label == label}
        scorer.spans(label, {k: e.text for k, e in gold.items()}, {k: e.text for k, e in predicted.items()})
        for key in sorted(gold.keys() & predicted.keys()):
            right, found = gold[key], predicted[key]
            pairs: list[tuple[str, object, object]] = [("canonical", right.canonical, found.canonical)]
            if right.rank:
                pairs.append(("rank", right.rank, found.rank))
            if right.level:
                pairs.append(("level", right.level, found.level))
            for name, a, b in pairs:
                _judge(scorer, f"{label} {name}", right.text, right.start, a, b)


def _judge(scorer: _Scorer, layer: str, text: str, position: int, gold: object, found: object) -> None:
    scorer.tally(layer, "accuracy").judge(scorer.sentence(position), gold == found)
    if gold == found:
        scorer.right(layer, position)
    else:
        scorer.fault(layer, "wrong", text, position, f"gold {gold}, predicted {found}")


_Key = Callable[[RecordQuantity], object]
_PARTS: dict[str, _Key] = {
    "value": lambda q: (_number(q.value), _number(q.value_max)),
    "unit": lambda q: q.unit or None,
    "bound": lambda q: q.bound,
    "change": lambda q: q.change,
}
_LINKS: dict[str, _Key] = {"item": lambda q: _words(q.item), "action": lambda q: _words(q.action)}


def _number(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _words(mention: Mention | None) -> str | None:
    return "".join(mention.text.split()) if mention else None


def _score_quantities(scorer: _Scorer, truth: Record, guess: Record) -> None:
    gold = {(q.start, q.end): q for q in truth.quantities}
    predicted = {(q.start, q.end): q for q in guess.quantities}
    scorer.spans("QUANTITY", {k: q.text for k, q in gold.items()}, {k: q.text for k, q in predicted.items()})
    matched = sorted(gold.keys() & predicted.keys())
    for name, key in _PARTS.items():
        for span in matched:
            _judge(scorer, f"QUANTITY {name}", gold[span].text, span[0], _shown(key(gold[span])), _shown(key(predicted[span])))
    full = {span: all(key(gold[span]) == key(predicted[span]) for key in _PARTS.values()) for span in matched}
    core = {span: all(_PARTS[n](gold[span]) == _PARTS[n](predicted[span]) for n in ("value", "unit", "bound")) for span in matched}
    links = {name: {span: key(gold[span]) == key(predicted[span]) for span in matched} for name, key in _LINKS.items()}
    for name, right in {"span+value+unit+bound": core, "full": full, **links}.items():
        tally = scorer.tally(f"QUANTITY {name}", "f1")
        for span in gold:
            tally.add(scorer.sentence(span[0]), gold=1, right=right.get(span, False))
        for span in predicted:
            tally.add(scorer.sentence(span[0]), predicted=1)
    for name, key in _LINKS.items():
        for span in matched:
            if links[name][span]:
                scorer.right(f"QUANTITY {name}", span[0])
            else:
                detail = f"gold {key(gold[span])}, predicted {key(predicted[span])}"
                scorer.fault(f"QUANTITY {name}", "wrong", gold[span].text, span[0], detail)


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return "–".join(str(part) for part in value if part is not None)
    return value


def _score_headings(scorer: _Scorer, truth: Record, guess: Record) -> None:
    gold = {(s.heading.start, s.level): s.title or "" for s in truth.sections if s.heading}
    predicted = {(s.heading.start, s.level): s.title or "" for s in guess.sections if s.heading}
    tally = scorer.tally("headings", "f1")
    for key, title in gold.items():
        tally.add(scorer.sentence(key[0]), gold=1, right=key in predicted)
        if key in predicted:
            scorer.right("headings", key[0])
        else:
            scorer.fault("headings", "missed", title, key[0], f"level {key[1]}")
    for key, title in predicted.items():
        tally.add(scorer.sentence(key[0]), predicted=1)
        if key not in gold:
            scorer.fault("headings", "spurious", title, key[0], f"level {key[1]}")


def topics_by_character(record: Record) -> list[str]:
    """The topic of every character: that of the deepest section that holds it; `meta` outside all."""
    topics = ["meta"] * len(record.text)
    for section in sorted(record.sections, key=lambda s: (s.level, s.start)):
        topics[section.start : section.end] = [section.topic] * (section.end - section.start)
    return topics


def _score_topics(scorer: _Scorer, truth: Record, guess: Record) -> None:
    gold, predicted = topics_by_character(truth), topics_by_character(guess)
    tally = scorer.tally("topics", "accuracy")
    last: tuple[str, str] | None = None
    for position, char in enumerate(truth.text):
        if char.isspace():
            continue
        a, b = gold[position], predicted[position]
        tally.judge(scorer.sentence(position), a == b)
        scorer.topic_counts[a][2] += 1
        scorer.topic_counts[b][1] += 1
        if a == b:
            scorer.topic_counts[a][0] += 1
        elif (a, b) != last:
            scorer.fault("topics", "wrong", truth.text[position : position + 20], position, f"gold {a}, predicted {b}")
        last = (a, b)


def _score_metadata(scorer: _Scorer, truth: Record, guess: Record) -> None:
    for name in _METADATA:
        if name not in truth.metadata.model_fields_set:
            continue
        gold, found = getattr(truth.metadata, name), getattr(guess.metadata, name)
        _judge(scorer, "metadata", name, 0, gold or None, found or None)


def main_figures(scores: Scores) -> Sequence[tuple[str, Result]]:
    """The figures of a short table, in order."""
    return [(name, scores.results[name]) for name in MAIN_LAYERS if name in scores.results]
