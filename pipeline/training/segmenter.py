"""The pkuseg segmenter: trained on the segmentation set and on training reports that the default segmenter cut (silver)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.annotation.folder import compile_folder
from pipeline.annotation.segmentation import FILE, SegmentationSet, read_segmentation
from pipeline.errors import AnnotationError
from pipeline.language import tr
from pipeline.layers import Layers
from pipeline.model import config_and_settings
from pipeline.spans import split_at
from pipeline.training.card import new_card, write_card
from pipeline.training.corpus import make_examples
from pipeline.training.install import install, recover

Say = Callable[[str], None]

# own sentences count several times: silver has more of them, and another convention in places
DEFAULTS = {"silver_characters": 120_000, "own_weight": 10, "iterations": 8, "least_count": 1, "smallest_weight": 0.05}
_LONGEST = 200


def train_segmenter(annotations: Path, config_path: Path, output: Path, say: Say) -> dict[str, Any]:
    """Train on `segmentation/` beside the annotations and on a sample of these, and put the model at `output`; returns its card.

    Settings are those of `[gongwen.segmenter]` in the configuration, or `DEFAULTS`.

    Raises:
        AnnotationError: faults in either set.
        ModelError: the configuration cannot be read.
    """
    from spacy.util import load_model_from_config

    recover(output)
    config, all_settings = config_and_settings(config_path)
    settings = {**DEFAULTS, **all_settings.get("segmenter", {})}
    own = read_segmentation(annotations.parent / "segmentation")
    pieces = compile_folder(annotations)
    if not pieces:
        raise AnnotationError(tr("{annotations}: no labelled reports to take silver sentences from", annotations=annotations))
    say(tr("segmenter: {train} sentences of our own, {held_out} held out", train=len(own.train), held_out=len(own.held_out)))
    examples = make_examples(pieces, load_model_from_config(config, auto_fill=True))
    silver = _sample([s for e in examples for s in silver_sentences(e.gold)], settings["silver_characters"], all_settings.get("seed", 0))
    say(tr("segmenter: {count} silver sentences of {characters} characters", count=len(silver), characters=sum(len(w) for s in silver for w in s)))
    card = new_card({"name": "gongwen-pkuseg"}, pieces, config_path, {"segmenter": settings}, ["segmenter"])
    card["data"]["segmentation"] = hashlib.sha256((annotations.parent / "segmentation" / FILE).read_bytes()).hexdigest()[:16]
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".train-") as folder:
        fresh = Path(folder) / "model"
        fit_pkuseg(own.train * settings["own_weight"] + silver, fresh, settings, all_settings.get("seed", 0))
        card["scores"] = {"word F1 on held-out sentences": round(_held_out_f1(fresh, own), 4)}
        write_card(fresh, card)
        install(fresh, output)
    size = sum(file.stat().st_size for file in output.iterdir())
    say(
        tr(
            "{output}: {megabytes:.1f} MB, word F1 {f1:.3f} on the held-out sentences",
            output=output,
            megabytes=size / 1e6,
            f1=card["scores"]["word F1 on held-out sentences"],
        )
    )
    return card


def silver_sentences(gold: Layers) -> Iterator[list[str]]:
    """A labelled text's sentences in the default segmenter's words; none runs over the edge of a gold span."""
    norm = gold.view.norm
    spans = [(e.start, e.end) for e in gold.entities] + [(q.start, q.end) for q in gold.quantities]
    spans += [span for q in gold.quantities for span in (q.item, q.action) if span]
    words = split_at(gold.words, {edge for span in spans for edge in span})
    index = 0
    for start, end in gold.sentences:
        while index < len(words) and words[index][0] < start:
            index += 1
        first = index
        while index < len(words) and words[index][1] <= end:
            index += 1
        sentence = [norm[s:e] for s, e in words[first:index]]
        if len(sentence) > 1 and end - start <= _LONGEST and not any(char.isspace() for word in sentence for char in word):
            yield sentence


def _sample(sentences: Sequence[list[str]], characters: int, seed: int) -> list[list[str]]:
    order = list(range(len(sentences)))
    random.Random(seed).shuffle(order)
    chosen: list[list[str]] = []
    total = 0
    for index in order:
        if total >= characters:
            break
        chosen.append(sentences[index])
        total += sum(map(len, sentences[index]))
    return chosen


def fit_pkuseg(sentences: Iterable[Sequence[str]], folder: Path, settings: dict[str, Any], seed: int) -> None:
    """Train spacy-pkuseg on sentences given as words; the same sentences and seed give the same files."""
    import spacy_pkuseg
    from spacy_pkuseg.config import config

    with tempfile.TemporaryDirectory() as scratch:
        train, test = Path(scratch) / "train.txt", Path(scratch) / "test.txt"
        lines = [" ".join(words) for words in sentences]
        train.write_text("\n".join(lines) + "\n", "utf-8")
        test.write_text("\n".join(lines[:5]) + "\n", "utf-8")
        before = random.getstate(), config.featureTrim
        random.seed(seed)
        config.featureTrim = settings["least_count"]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                spacy_pkuseg.train(str(train), str(test), str(folder), train_iter=settings["iterations"])
        finally:
            random.setstate(before[0])
            config.featureTrim = before[1]
    _shrink(folder, settings["smallest_weight"])


def _shrink(folder: Path, smallest: float) -> None:
    """Leave out features that move no decision, and what only training needs; weights in half precision."""
    import srsly

    data: Any = srsly.read_msgpack(folder / "features.msgpack")
    with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
        (tags, count), weights = arrays["sizes"].tolist(), arrays["w"]
    nodes, transitions = weights[: tags * count].reshape(count, tags), weights[tags * count :]
    # the first feature is the one that pkuseg gives every character by its number
    kept = [0, *(np.flatnonzero(np.abs(nodes[1:]).max(axis=1) >= smallest) + 1).tolist()]
    number = {old: new for new, old in enumerate(kept)}
    features = {name: number[index] for name, index in data["feature_to_idx"].items() if index in number}
    words = {part for name in features if name.startswith("w") for part in name.partition(".")[2].removeprefix("l.").removeprefix("r.").split("*")}
    data |= {"feature_to_idx": features, "unigram": [w for w in data["unigram"] if w in words], "bigram": []}
    srsly.write_msgpack(folder / "features.msgpack", data)
    slim = np.concatenate([nodes[kept].reshape(-1), transitions]).astype(np.float16).astype(np.float64)
    np.savez_compressed(folder / "weights.npz", sizes=np.array([tags, len(kept)]), w=slim)


def _held_out_f1(folder: Path, own: SegmentationSet) -> float:
    from pipeline.scoring.segmentation import word_f1
    from pipeline.stages.segmentation.segmenters import load_segmenter, segment

    cut = load_segmenter("pkuseg", folder)
    return word_f1(own.held_out, lambda text: segment(text, cut, []))
