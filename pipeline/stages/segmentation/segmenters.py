"""The word segmenters: jieba (rjieba where present: the same words, faster), pkuseg, and single characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import MissingComponent
from pipeline.language import tr
from pipeline.layers import Offsets
from pipeline.model import CARD, refuse_pickles, shipped_segmenter, verified_card

Name = Literal["jieba", "pkuseg", "char"]
Cut = Callable[[str], Iterable[str]]

_PIECE = 20_000
_RUNS = re.compile(r"\s+|\S+")


def load_segmenter(name: Name, model: str | Path | None = None) -> Cut:
    """A function that cuts a text into words whose concatenation is the text.

    Raises:
        MissingComponent: pkuseg without a trained model, or an unknown name.
    """
    if name == "jieba":
        return _jieba()
    if name == "char":
        return list
    if name == "pkuseg":
        return _pkuseg(model)
    raise MissingComponent(tr("unknown segmenter {name!r}: choose jieba, pkuseg or char", name=name))


def _jieba() -> Cut:
    try:
        import rjieba

        return rjieba.Jieba().cut
    except ImportError:
        import logging

        import jieba

        jieba.setLogLevel(logging.WARNING)
        tokenizer = jieba.Tokenizer()
        return lambda text: tokenizer.lcut(text)


def _pkuseg(model: str | Path | None) -> Cut:
    folder = Path(model) if model else shipped_segmenter()
    if folder is None or not (folder / "features.msgpack").exists() or not (folder / "weights.npz").exists():
        where = tr("{folder} holds no features.msgpack and weights.npz", folder=folder) if folder else tr("no folder is given")
        raise MissingComponent(
            tr(
                "the pkuseg segmenter needs a trained model: {where}; train one with `gongwen train --only segmenter`, or use --segmenter jieba",
                where=where,
            )
        )
    refuse_pickles(folder)
    if (folder / CARD).exists():
        verified_card(folder)
    import spacy_pkuseg

    # an absolute path: a bare name that pkuseg knows would be downloaded; no dictionary: its own are pickles
    cutter: Any = spacy_pkuseg.pkuseg(model_name=str(folder.resolve()), user_dict=None)
    return lambda text: (word for run in _RUNS.findall(text) for word in ([run] if run.isspace() else cutter.cut(run)))


def segment(text: str, cut: Cut, domain_spans: list[Offsets]) -> list[Offsets]:
    """Offsets of the words of a text; the given spans (known names) are words whole, white space is in none."""
    words: list[Offsets] = []
    position = 0
    for piece in _pieces(text):
        for word in cut(piece):
            end = position + len(word)
            if not word.isspace():
                words.append((position, end))
            position = end
    return _keep_whole(words, domain_spans) if domain_spans else words


def _pieces(text: str) -> Iterable[str]:
    """The text in pieces a segmenter takes at once, cut at line feeds where there are any."""
    start = 0
    while len(text) - start > _PIECE:
        end = text.rfind("\n", start, start + _PIECE) + 1
        if end <= start:
            stop = [m.end() for m in re.compile("[。；，]").finditer(text, start + _PIECE // 2, start + _PIECE)]
            end = stop[-1] if stop else start + _PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def _keep_whole(words: list[Offsets], spans: list[Offsets]) -> list[Offsets]:
    """Words with every span as one word; what a span cuts off a word stays a word of its own."""
    kept: list[Offsets] = []
    index = 0
    for span_start, span_end in spans:
        while index < len(words) and words[index][1] <= span_start:
            kept.append(words[index])
            index += 1
        if index < len(words) and words[index][0] < span_start:
            kept.append((words[index][0], span_start))
        kept.append((span_start, span_end))
        rest: Offsets | None = None
        while index < len(words) and words[index][0] < span_end:
            if words[index][1] > span_end:
                rest = (span_end, words[index][1])
            index += 1
        if rest is not None:
            index -= 1
            words[index] = rest
    kept.extend(words[index:])
    return kept
