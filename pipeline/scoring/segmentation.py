"""How well words are cut: F1 on segmented sentences, and how many ends of gold spans fall on the ends of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.layers import Offsets
from pipeline.record import Record
from pipeline.scoring.tally import f1
from pipeline.view import make_view

Segment = Callable[[str], Sequence[Offsets]]


def word_f1(sentences: Sequence[Sequence[str]], segment: Segment) -> float:
    """Exact F1 of words over sentences given as lists of words."""
    right = predicted = gold = 0
    for words in sentences:
        own: set[Offsets] = set()
        at = 0
        for word in words:
            own.add((at, at + len(word)))
            at += len(word)
        found = set(segment("".join(words)))
        right += len(own & found)
        predicted += len(found)
        gold += len(own)
    return f1(right, predicted, gold)


def gold_ends(record: Record) -> set[tuple[int, int]]:
    """Spans of entities, quantities, items and actions of a record, in raw offsets."""
    spans = {(e.start, e.end) for e in record.entities} | {(q.start, q.end) for q in record.quantities}
    return spans | {(m.start, m.end) for q in record.quantities for m in (q.item, q.action) if m}


def share_of_ends(gold: Sequence[Record], words: Callable[[Record], Sequence[Offsets]]) -> float:
    """Of both ends of all gold spans, the share that is the end of a word. `words` gives a report's words in raw offsets."""
    hits = total = 0
    for record in gold:
        starts, ends = (set(side) for side in zip(*words(record), strict=True))
        spans = gold_ends(record)
        hits += sum((start in starts) + (end in ends) for start, end in spans)
        total += 2 * len(spans)
    return hits / total if total else 1.0


def segmentation_table(held_out: Sequence[Sequence[str]], gold: Sequence[Record], pkuseg: Path | None) -> Iterator[str]:
    """Markdown lines: each segmenter's word F1 and share of span ends; last the words of a record, cut at what the model found."""
    from pipeline.extractor import load
    from pipeline.knowledge.matcher import domain_matcher
    from pipeline.stages.segmentation.segmenters import Cut, load_segmenter, segment

    def plain(cut: Cut) -> Segment:
        return lambda norm: segment(norm, cut, [])

    def with_names(cut: Cut) -> Segment:
        return lambda norm: segment(norm, cut, [(s, e) for s, e, _ in domain_matcher().find(norm)])

    def of_reports(cut: Segment) -> float:
        def words(record: Record) -> list[Offsets]:
            view = make_view(record.text)
            return [view.raw_span(s, e) for s, e in cut(view.norm)]

        return share_of_ends(gold, words)

    jieba = load_segmenter("jieba")
    rows: list[tuple[str, Segment]] = [("jieba", plain(jieba)), ("jieba with our words", with_names(jieba))]
    if pkuseg:
        own = load_segmenter("pkuseg", pkuseg)
        rows += [("pkuseg, trained here", plain(own)), ("pkuseg with our words", with_names(own))]
    yield f"| segmenter | word F1 ({len(held_out)} held-out sentences) | span ends on word ends ({sum(len(gold_ends(r)) for r in gold)} gold spans) |"
    yield "|---|---:|---:|"
    for name, cut in rows:
        yield f"| {name} | {word_f1(held_out, cut):.3f} | {of_reports(cut):.4f} |"
    extractor = load()
    tokens = share_of_ends(gold, lambda record: extractor(record.text, id=record.id).tokens or [])
    yield f"| words of a record (the default, cut at the edges of what was found) | — | {tokens:.4f} |"
