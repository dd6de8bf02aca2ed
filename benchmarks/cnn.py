"""A CNN tagger of spaCy trained on the same text: what one would build without this project.

spaCy's own defaults for CPU and NER, characters as tokens, a paragraph a Doc. A third of the pens is held out; the training stops when
their F1 no longer rises, or when its time is up.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.texts import TRAINING_SET, paragraphs
from pipeline.annotation.folder import compile_folder
from pipeline.annotation.piece import Piece

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

FOLDER = Path(".bench/cnn")
ABOUT = "about.json"
_SEED, _PATIENCE, _DROPOUT = 0, 3, 0.1
_LEARN_RATE = 0.001


def train(minutes: float, folder: Path = FOLDER) -> dict[str, Any]:
    """Train within so many minutes of processor time, write model and `about.json` into `folder`; returns what the latter says."""
    import spacy
    from thinc.api import fix_random_seed

    started = time.process_time()
    folder.mkdir(parents=True, exist_ok=True)
    fix_random_seed(_SEED)
    pieces = compile_folder(TRAINING_SET)
    held_pens = set(sorted({piece.pen for piece in pieces})[::3])
    nlp = spacy.blank("zh")
    nlp.add_pipe("ner")
    seen = list(_examples(nlp, [piece for piece in pieces if piece.pen not in held_pens]))
    held = list(_examples(nlp, [piece for piece in pieces if piece.pen in held_pens]))
    best, epochs = _fit(nlp, seen, held, started + minutes * 60, folder)
    about = {
        "spacy": version("spacy"),
        "training characters": sum(len(example.reference) for example in seen),
        "pens": len({piece.pen for piece in pieces}) - len(held_pens),
        "held pens": len(held_pens),
        "epochs": epochs,
        "f1 on held pens": {label: round(scores["f"], 4) for label, scores in best.items()},
        "training minutes (processor)": round((time.process_time() - started) / 60, 1),
    }
    (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return about


def _examples(nlp: Language, pieces: Sequence[Piece]) -> Iterator[Example]:
    from spacy.training import Example, offsets_to_biluo_tags

    for piece in pieces:
        entities = sorted((e.start, e.end, e.label) for e in piece.record.entities)
        for start, line in paragraphs(piece.record.text):
            doc = nlp.make_doc(line)
            inside = [(s - start, e - start, label) for s, e, label in entities if start <= s and e <= start + len(line)]
            fitting = [span for span in inside if doc.char_span(span[0], span[1]) is not None]
            assert "-" not in offsets_to_biluo_tags(doc, fitting)
            yield Example.from_dict(doc, {"entities": fitting})


def _fit(nlp: Language, seen: list[Example], held: list[Example], deadline: float, folder: Path) -> tuple[dict[str, dict[str, float]], int]:
    """Passes over the text until the held-out F1 has not risen for some; the best model is on the disk when it returns."""
    from spacy.util import minibatch
    from thinc.api import Adam

    nlp.initialize(lambda: seen)
    optimizer = Adam(learn_rate=_LEARN_RATE, L2=0.01, grad_clip=1.0, L2_is_weight_decay=True)
    shuffle = random.Random(_SEED)
    best: dict[str, dict[str, float]] = {}
    highest, since, epoch = -1.0, 0, 0
    while since < _PATIENCE and time.process_time() < deadline:
        epoch += 1
        shuffle.shuffle(seen)
        for batch in minibatch(seen, size=16):  # type: ignore[no-untyped-call]
            nlp.update(batch, drop=_DROPOUT, sgd=optimizer)
            if time.process_time() > deadline:
                break
        scores = nlp.evaluate(held)
        since += 1
        if scores["ents_f"] > highest:
            highest, best, since = scores["ents_f"], scores["ents_per_type"], 0
            nlp.to_disk(folder)
        print(f"epoch {epoch}: F1 on held-out pens {scores['ents_f']:.3f}, {time.process_time():.0f} s", file=sys.stderr, flush=True)
    return best, epoch
