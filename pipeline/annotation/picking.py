"""`gongwen annotate pick`: reports read, their sentences judged by a model, the best chosen and cut out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.annotation.folder import compile_folder
from pipeline.annotation.pick import Candidate, candidates, choose, excerpt, without_overlaps
from pipeline.conversion import to_record
from pipeline.errors import GongwenError
from pipeline.extractor import Extractor
from pipeline.language import tr
from pipeline.layers import Layers, layers_of
from pipeline.learning.features import base_features
from pipeline.readers import read_report
from pipeline.record import Record
from pipeline.run import find_jobs

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Picked:
    """A chosen sentence with the line of its report and the record it belongs to."""

    candidate: Candidate
    line: int
    record: Record
    start: int
    end: int


def seen_names(annotations: Path) -> set[str]:
    """Names of entities in the training set, white space aside; none where the folder is not there."""
    if not annotations.is_dir():
        return set()
    return {e.text for piece in compile_folder(annotations) for e in piece.record.entities}


def pick(paths: Sequence[Path], extractor: Extractor, seen: set[str], count: int, say: Say) -> list[Picked]:
    """The `count` sentences of some reports that would teach most, the best first. Reports that cannot be read are said.

    Raises:
        GongwenError: none of the reports can be read.
    """
    entities: Any = extractor.nlp.get_pipe("entities")
    pool: list[Candidate] = []
    read: dict[str, tuple[Record, Layers]] = {}
    for job in find_jobs(paths):
        try:
            report = read_report(job.path, job.shown)
        except GongwenError as error:
            say(str(error))
            continue
        layers = layers_of(extractor.nlp(report.text))
        read[job.id] = (to_record(layers, job.id, report.source, extractor.provenance), layers)
        norm = layers.view.norm
        pool += candidates(job.id, norm, base_features(layers), layers.words, layers.sentences, entities.models, seen, layers.quantities)
    if not read:
        raise GongwenError(tr("none of these reports can be read"))
    picked = []
    for candidate in choose(pool, count):
        record, layers = read[candidate.report]
        start, end = layers.view.raw_span(candidate.start, candidate.end)
        picked.append(Picked(candidate, record.text.count("\n", 0, start) + 1, record, start, end))
    return picked


def excerpts(picked: Iterable[Picked]) -> list[Record]:
    """Records of the chosen sentences, to be exported and labelled; those that overlap are one."""
    by_report: dict[str, list[Picked]] = {}
    for one in picked:
        by_report.setdefault(one.record.id, []).append(one)
    found = []
    for own in by_report.values():
        record = own[0].record
        first = [excerpt(record, one.start, one.end, "x") for one in own]
        spans = without_overlaps((one.end - len(e.text), one.end) for one, e in zip(own, first, strict=True))
        for start, end in spans:
            found.append(excerpt(record, start, end, f"{record.id}-{record.text.count(chr(10), 0, start) + 1}-{start}"))
    return found
