"""spaCy's DocBin: a Doc whose tokens are the characters of the text, entities as `doc.ents`, all else as span groups."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.annotation.exchange.sheet import ENTITIES, Link, Mark, Sheet
from pipeline.errors import AnnotationError
from pipeline.language import tr

if TYPE_CHECKING:
    from spacy.tokens import Doc

Say = Callable[[str], None]

_GROUPS = {"QUANTITY": "quantities", "ITEM": "items", "ACTION": "actions", "HEADING": "headings", "SECTION": "sections"}
_KEY = "gongwen"


def write(sheets: Sequence[Sheet], folder: Path, say: Say) -> list[Path]:
    """`records.spacy`."""
    from spacy.tokens import Doc, DocBin, Span
    from spacy.vocab import Vocab

    say(tr("docbin: scores are left out; attributes, links and metadata are in doc.user_data['gongwen'] (JSON)"))
    vocab = Vocab()
    docs = DocBin(attrs=["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE", "ENT_ID"], store_user_data=True)
    for sheet in sheets:
        doc = Doc(vocab, words=list(sheet.text), spaces=[False] * len(sheet.text))
        spans = {m.id: Span(doc, m.start, m.end, label=m.label, span_id=m.id) for m in sheet.marks}
        doc.ents = tuple(spans[m.id] for m in sheet.marks if m.label in ENTITIES)
        for label, group in _GROUPS.items():
            doc.spans[group] = [spans[m.id] for m in sheet.marks if m.label == label]
        doc.user_data[_KEY] = json.dumps(
            {
                "id": sheet.id,
                "source": sheet.source,
                "metadata": sheet.metadata,
                "attributes": {m.id: m.attributes for m in sheet.marks if m.attributes},
                "links": [[link.role, link.quantity, link.target] for link in sheet.links],
            },
            ensure_ascii=False,
        )
        docs.add(doc)
    path = folder / "records.spacy"
    docs.to_disk(path)
    return [path]


def read(path: Path, say: Say) -> list[Sheet]:
    """Sheets of a DocBin that `write` made and somebody corrected.

    Raises:
        AnnotationError: it is no DocBin, or not one of these.
    """
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    path = path / "records.spacy" if path.is_dir() else path
    try:
        docs = list(DocBin().from_disk(path).get_docs(Vocab()))
    except Exception as error:  # a damaged file can fail anywhere in zlib, msgpack or spaCy
        raise AnnotationError(tr("{path}: no DocBin ({kind}): give the file that spaCy wrote", path=path, kind=type(error).__name__)) from error
    return [_sheet(doc, f"{path}: doc {number}") for number, doc in enumerate(docs, 1)]


def _sheet(doc: Doc, origin: str) -> Sheet:
    try:
        rest = json.loads(doc.user_data[_KEY])
    except KeyError as error:
        raise AnnotationError(
            tr("{origin}: not made by `gongwen annotate export --to docbin`: doc.user_data has no 'gongwen'", origin=origin)
        ) from error
    spans = [*doc.ents, *(span for group in _GROUPS.values() for span in doc.spans.get(group, []))]
    marks = []
    for number, span in enumerate(spans):
        start = span.start_char
        name = span.id_ or f"new{number}"
        marks.append(Mark(name, span.label_, start, start + len(span.text), dict(rest["attributes"].get(name, {}))))
    known = {mark.id for mark in marks}
    links = [Link(*link) for link in rest["links"] if link[1] in known and link[2] in known]
    return Sheet(rest["id"], doc.text, rest["source"], rest["metadata"], marks, links, None, origin)
