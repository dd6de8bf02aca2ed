"""The spaCy tokenizer: a Doc whose tokens are the characters of the report's view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from pipeline.layers import attach
from pipeline.view import make_view


class ViewTokenizer:
    """Makes the view of a raw text and a Doc of its characters; nothing to save or train."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        view = make_view(text)
        words = list(view.text)
        doc = Doc(self.vocab, words=words, spaces=[False] * len(words))
        attach(doc, view)
        return doc

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Nothing to write: the view depends on the package alone."""

    def from_disk(self, path: str | Path, **kwargs: Any) -> ViewTokenizer:
        """Nothing to read."""
        return self

    def to_bytes(self, **kwargs: Any) -> bytes:
        """An empty state."""
        return b""

    def from_bytes(self, data: bytes, **kwargs: Any) -> ViewTokenizer:
        """An empty state."""
        return self


@registry.tokenizers("gongwen.ViewTokenizer.v1")  # type: ignore[untyped-decorator]
def create_view_tokenizer() -> Callable[[Language], ViewTokenizer]:
    """The tokenizer as `config.cfg` names it."""
    return lambda nlp: ViewTokenizer(nlp.vocab)
