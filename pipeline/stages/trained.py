"""What every trained component shares: weights that are saved with the pipeline and a clear error without them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

from spacy.tokens import Doc

from pipeline.errors import ModelError
from pipeline.language import tr

M = TypeVar("M")


class TrainedComponent(ABC, Generic[M]):
    """A component whose weights live in a folder of the model directory; `models` holds them once they are there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.models: M | None = None

    @abstractmethod
    def annotate(self, doc: Doc) -> None:
        """Add the component's layer to a Doc."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write the weights."""

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Read the weights."""

    def __call__(self, doc: Doc) -> Doc:
        if self.models is None:
            raise ModelError(tr("{name} has no weights: load a trained model (pipeline.load()) or run `gongwen train`", name=self.name))
        self.annotate(doc)
        return doc

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """spaCy's way to save a component."""
        if self.models is not None:
            self.save(Path(path))

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Any:
        """spaCy's way to load a component.

        Raises:
            ModelError: files are missing or damaged.
        """
        try:
            self.load(Path(path))
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                tr("{name}: cannot read its weights in {path} ({error}); train again or reinstall the model", name=self.name, path=path, error=error)
            ) from error
        return self
