"""Topics of sections by a linear classifier on their text and headings, and closings that have no heading."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from pipeline.layers import Offsets, Section
from pipeline.learning.features import Keys
from pipeline.learning.linear import Floats, LinearModel, Sparse, softmax
from pipeline.stages.tree import place

_TEXT, _TITLE, _ABOVE, _PLACE = 1, 2, 3, 4
_MIX = np.int64(0x1E3779B97F4A7C15)
_CLOSING = ("problems", "plans")
_PLANS_CUE = re.compile(r"(?:下一步|下步|今后|下一阶段|新的一年|20\d\d年，?(?:我|全|将|本|市|县|区|局))[^。]{0,60}")
_SURE, _SURE_WITHOUT_CUE = 0.55, 0.9
_DECISIVE, _STRONG = 5.0, 3.0
_MIN_PART, _FIRST_WORDS, _MAX_OPENING_LINE = 12, 60, 8

Cut = tuple[int, str, float]


@cache
def _cues() -> dict[str, re.Pattern[str]]:
    data = tomllib.loads((files(__package__) / "data" / "closings.toml").read_text("utf-8"))
    return {name: re.compile(pattern) for name, pattern in data.items()}


def topic_features(text: str, title: str, above: str, place: float) -> Sparse:
    """Bigrams and trigrams of the text (damped counts), bigrams of its heading and of the headings above, place 0–1."""
    parts = [_damped(text, _TEXT, 1.0, True), _damped(title, _TITLE, 0.8, False), _damped(above, _ABOVE, 0.25, False)]
    keys = np.concatenate([*(keys for keys, _ in parts), [_PLACE * 1000 + int(place * 9.99)]])
    values = np.concatenate([*(values for _, values in parts), [0.2]]).astype(np.float32)
    order = np.argsort(keys)
    return keys[order], values[order]


def _damped(text: str, kind: int, weight: float, trigrams: bool) -> tuple[Keys, npt.NDArray[np.float64]]:
    """The different grams of a text and their damped counts, of length `weight` together."""
    pairs, triples = _keys(text, kind)
    grams = np.sort(np.concatenate([pairs, triples]) if trigrams else pairs)
    if not len(grams):
        return grams, np.zeros(0)
    bounds = np.concatenate([[0], np.flatnonzero(grams[1:] != grams[:-1]) + 1, [len(grams)]])
    first = bounds[:-1]
    damped = 1 + np.log(bounds[1:] - first)
    return grams[first], weight * damped / np.linalg.norm(damped)


def gram_keys(text: str, kind: int, trigrams: bool) -> Iterator[tuple[int, int, int]]:
    """First character, length and key of every gram of a text without its white space."""
    pairs, triples = _keys(text, kind)
    yield from ((place, 2, key) for place, key in enumerate(pairs.tolist()))
    if trigrams:
        yield from ((place, 3, key) for place, key in enumerate(triples.tolist()))


def _keys(text: str, kind: int) -> tuple[Keys, Keys]:
    """Keys of the bigrams and of the trigrams of a text, in order, white space left out."""
    codes = np.frombuffer("".join(text.split()).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.int64)
    pairs = codes[:-1] << 21 | codes[1:]
    triples = pairs[:-1] << 21 | codes[2:]
    return _mixed(pairs, kind), _mixed(triples, kind)


def _mixed(grams: Keys, kind: int) -> Keys:
    return ((grams ^ (grams >> 29)) * _MIX + kind * 0x51ED27) & 0x7FFFFFFFFFFFFFFF


def own_text(sections: Sequence[Section], index: int) -> Offsets:
    """The stretch of a section that no section inside it holds: up to its first child."""
    section = sections[index]
    for later in sections[index + 1 :]:
        if later.start >= section.end:
            break
        return section.start, later.start
    return section.start, section.end


def headings_above(sections: Sequence[Section], index: int) -> str:
    """Titles of the sections that hold a section, nearest first."""
    titles = []
    parent = sections[index].parent
    while parent is not None:
        titles.append(sections[parent].title or "")
        parent = sections[parent].parent
    return " ".join(titles)


def section_features(norm: str, sections: Sequence[Section], index: int, span: Offsets | None = None) -> Sparse:
    """Features of a section's own text, or of a part of it; only the part that begins the section has its heading."""
    section = sections[index]
    start, end = span or own_text(sections, index)
    title = (section.title or "") if start == section.start and (span is None or end > (section.heading or span)[1]) else ""
    return topic_features(norm[start:end], title, headings_above(sections, index), start / max(1, len(norm)))


def topic_probabilities(norm: str, sections: Sequence[Section], index: int, model: LinearModel, span: Offsets | None = None) -> Floats:
    """Probability of each topic of a section's own text, or of a part of it: the classifier's, and the words that all but decide."""
    logits = model.logits(section_features(norm, sections, index, span)).copy()
    for topic, weight in evidence(norm, sections, index, span).items():
        if topic in model.classes:
            logits[model.classes.index(topic)] += weight
    return softmax(logits)


def evidence(norm: str, sections: Sequence[Section], index: int, span: Offsets | None = None) -> dict[str, float]:
    """What titles and first words say of shortcomings and next steps, in log odds: the nearest title that says anything decides.

    A title of both (`存在的问题和下一步打算`) is taken to begin with the shortcomings.
    """
    start, end = span or own_text(sections, index)
    heading = sections[index].heading
    if heading and start < heading[1]:
        start = min(heading[1] + norm.startswith("。", heading[1]), end)
    text = norm[start:end].lstrip()
    at: int | None = index
    while at is not None:
        said = [topic for topic in _CLOSING if _cues()[f"heading_{topic}"].search(sections[at].title or "")]
        if said:
            if len(said) == 1:
                return {said[0]: _DECISIVE}
            if at == index and not _cues()["start_plans"].match(text) and (span is None or span[0] == sections[index].start):
                return {"problems": _STRONG}
            break
        at = sections[at].parent
    for topic, weight in (("plans", _DECISIVE), ("problems", _STRONG)):
        if _cues()[f"start_{topic}"].match(text):
            return {topic: weight}
    return {}


def label_topics(norm: str, sections: list[Section], model: LinearModel) -> list[Section]:
    """Sections with topic and score; closings that stand without heading become sections of their own."""
    added: list[Section] = []
    for index, section in enumerate(sections):
        if section.topic == "meta":
            continue
        start, _ = own_text(sections, index)
        body = section.heading[1] + 2 if section.heading else start
        closings = [closing for closing in _closings(norm, sections, index, model) if closing[0] > body]
        if closings:
            lead = _best(topic_probabilities(norm, sections, index, model, (start, closings[0][0])), model)
            closings = _turning(lead[0], closings)
        if closings:
            section.topic, section.score = lead
            level = _level_of_closing(sections, index)
            added += [Section(at, at, level, topic=topic, score=score) for at, topic, score in closings]
            continue
        section.topic, section.score = _best(topic_probabilities(norm, sections, index, model), model)
    if added:
        sections = place([*sections, *added], norm)
    _lend_topics(sections)
    return sections


def _lend_topics(sections: list[Section]) -> None:
    for index in range(len(sections) - 2, -1, -1):
        if borrows(sections, index):
            sections[index].topic, sections[index].score = sections[index + 1].topic, sections[index + 1].score


def borrows(sections: Sequence[Section], index: int) -> bool:
    """Whether a section has the topic of the next one: a heading right above another section, the line that opens an appendix."""
    if index + 1 >= len(sections):
        return False
    section, following = sections[index], sections[index + 1]
    if "meta" in (section.topic, following.topic):
        return False
    start, end = own_text(sections, index)
    if section.heading is None:
        return end - start <= _MAX_OPENING_LINE
    return end - section.heading[1] <= 2 and following.start < section.end


def _best(probabilities: Floats, model: LinearModel) -> tuple[str, float]:
    best = int(probabilities.argmax())
    return model.classes[best], float(probabilities[best])


def parts_of(norm: str, start: int, end: int) -> list[Offsets]:
    """Paragraphs of a stretch, cut also where a sentence begins to speak of next steps."""
    cuts = [start, end]
    cuts += [m.end() for m in re.compile("\n").finditer(norm, start, end)]
    cuts += [m.end() for m in re.compile("。").finditer(norm, start, end) if _PLANS_CUE.match(norm, m.end(), end)]
    ordered = sorted(set(cuts))
    return [(s, e) for s, e in itertools.pairwise(ordered) if norm[s:e].strip()]


def _closing_parts(norm: str, start: int, end: int) -> list[Offsets]:
    """Paragraphs of a stretch, cut also where a sentence turns to shortcomings or next steps."""
    turn = _cues()["turn"]
    cuts = {start for start, _ in parts_of(norm, start, end)} | {end}
    cuts |= {m.end() for m in re.compile("。").finditer(norm, start, end) if turn.match(norm, m.end(), end)}
    return [(s, e) for s, e in itertools.pairwise(sorted(cuts)) if norm[s:e].strip()]


def _closings(norm: str, sections: Sequence[Section], index: int, model: LinearModel) -> list[Cut]:
    """Where, behind its first part, a section's text turns to shortcomings or next steps."""
    columns = [model.classes.index(c) for c in _CLOSING if c in model.classes]
    cuts: list[Cut] = []
    current = ""
    for start, end in _closing_parts(norm, *own_text(sections, index))[1:]:
        if end - start < _MIN_PART:
            continue
        probabilities = topic_probabilities(norm, sections, index, model, (start, end))
        topic, score = _best(probabilities, model)
        has_cue = topic in _CLOSING and _cues()[topic].search(norm, start, min(end, start + _FIRST_WORDS))
        if topic in _CLOSING and topic != current and probabilities[columns].sum() > (_SURE if has_cue else _SURE_WITHOUT_CUE):
            cuts.append((start, topic, score))
            current = topic
    return cuts


def _turning(lead: str, closings: list[Cut]) -> list[Cut]:
    """The closings that turn from what a section begins with; next steps do not turn back to shortcomings."""
    if lead == "plans":
        return []
    return closings[1:] if closings[0][1] == lead else closings


def _level_of_closing(sections: Sequence[Section], index: int) -> int:
    """A closing stands beside the section that comes next; the last one of the body is a part of its own."""
    following = sections[index + 1] if index + 1 < len(sections) else None
    return following.level if following and following.topic != "meta" else 1
