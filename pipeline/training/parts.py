"""The parts that can be trained alone, and what each of them gives to the pipeline's components."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from spacy.language import Language

from pipeline.errors import ModelError
from pipeline.language import tr
from pipeline.training.corpus import Example
from pipeline.training.fit import Say, Settings, fit_entities, fit_links, fit_ranks, fit_topics, fit_without

CALIBRATION = "calibration"
# by the name of a component, what it has learned
Weights = dict[str, Any]


def _entities(examples: Sequence[Example], held_out: Sequence[set[str]], settings: Settings, say: Say) -> list[Weights]:
    entities = fit_entities(examples, held_out, settings["entities"], say)
    say(tr("ranks of laws"))
    ranks = fit_without(fit_ranks, examples, held_out, settings["names"])
    return [{"entities": models, "names": own} for models, own in zip(entities, ranks, strict=True)]


def _links(examples: Sequence[Example], held_out: Sequence[set[str]], settings: Settings, say: Say) -> list[Weights]:
    return [{"links": models} for models in fit_links(examples, held_out, settings["links"], say)]


def _topics(examples: Sequence[Example], held_out: Sequence[set[str]], settings: Settings, say: Say) -> list[Weights]:
    say(tr("classifier of sections"))
    return [{"topics": model} for model in fit_without(fit_topics, examples, held_out, settings["topics"])]


# for each set of pens held out (the empty one: nobody is), the weights that the others' texts give
FIT: dict[str, Callable[[Sequence[Example], Sequence[set[str]], Settings, Say], list[Weights]]] = {
    "entities": _entities,
    "links": _links,
    "topics": _topics,
}
PARTS = (*FIT, CALIBRATION)


def require(component: str, names: Collection[str]) -> None:
    """Raises ModelError if a pipeline of components with these names has no such one."""
    if component not in names:
        raise ModelError(tr("the configuration has no component {name!r} to train: see models/config.cfg, and train everything once", name=component))


def give(nlp: Language, weights: Weights) -> None:
    """Put weights into the components that they belong to.

    Raises:
        ModelError: the pipeline has no such component.
    """
    for name, models in weights.items():
        require(name, nlp.pipe_names)
        component: Any = nlp.get_pipe(name)
        component.models = models


def prefixed(say: Say, prefix: str) -> Say:
    """Say lines with a prefix."""
    return lambda line: say(prefix + line)
