"""The Python face: a loaded pipeline that turns texts and files into records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.layers import layers_of
from pipeline.model import digest, load_nlp, shipped_model, verified_card
from pipeline.readers import Report, check_text, limits_from_environment, read_all, read_report, whole_characters
from pipeline.record import Provenance, Record, Source
from pipeline.version import __version__

if TYPE_CHECKING:
    from spacy.language import Language


class Extractor:
    """A pipeline with its provenance. `nlp` is the spaCy Language; entities and quantities below `min_score` are left out of records."""

    def __init__(self, nlp: Language, provenance: Provenance, min_score: float = 0.0) -> None:
        self.nlp = nlp
        self.provenance = provenance
        self.min_score = min_score

    def __call__(self, text: str, id: str = "text") -> Record:
        """The record of a text.

        Raises:
            UnreadableReport: the text is empty or longer than the documented limit.
        """
        text = whole_characters(text)
        check_text(text, id, limits_from_environment())
        source = Source(path=id, format="txt", sha256=hashlib.sha256(text.encode()).hexdigest(), encoding=None)
        return self.extract(Report(text, source), id)

    def pipe(self, texts: Iterable[str]) -> Iterator[Record]:
        """Records of many texts, in order."""
        for number, text in enumerate(texts, 1):
            yield self(text, id=f"text-{number}")

    def read(self, path: str | Path) -> Record:
        """The record of a file, through the reader for its format.

        Raises:
            UnreadableReport: the file cannot be read.
        """
        path = Path(path)
        return self.extract(read_report(path), path.stem)

    def read_all(self, path: str | Path) -> Iterator[Record]:
        """The records of all reports that a file holds: an archive, a table, several reports in one document.

        Raises:
            GongwenError: one of them cannot be read; `pipeline.readers.read_all` goes on with the others.
        """
        path = Path(path)
        for part in read_all(path):
            if part.report is None:
                raise part.error or AssertionError("a part has a report or an error")
            yield self.extract(part.report, path.stem + part.suffix)

    def extract(self, report: Report, identifier: str) -> Record:
        """The record of a report that was read."""
        from pipeline.conversion import to_record

        layers = layers_of(self.nlp(report.text))
        layers.metadata.warnings[:0] = report.warnings
        record = to_record(layers, identifier, report.source, self.provenance)
        return record.above(self.min_score) if self.min_score else record


def load(model: str | Path | None = None, *, segmenter: str | None = None, segmenter_model: str | None = None, min_score: float = 0.0) -> Extractor:
    """Load the shipped model, or one from a folder that `gongwen train` wrote.

    Args:
        segmenter: `jieba`, `pkuseg` or `char` in place of the model's own.
        segmenter_model: the folder of a trained pkuseg model.
        min_score: leave out entities and quantities whose score is lower.

    Raises:
        ModelError: the folder is no model, or not the one its card describes.
        MissingComponent: a segmenter that is not installed or not trained.
    """
    folder = Path(model) if model else shipped_model()
    card = verified_card(folder)
    nlp = load_nlp(folder, segmenter, segmenter_model)
    config = hashlib.sha256(nlp.config.to_str().encode()).hexdigest()[:16]
    name = f"{card['name']}@{digest(card['files'])[:16]}"
    if min_score:
        config += f"+min-score={min_score:g}"
    return Extractor(nlp, Provenance(version=__version__, model=name, config=config), min_score)
