"""Where the trained pipeline lies, how it is assembled, and whether it is the one its card describes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import ModelError
from pipeline.language import tr

if TYPE_CHECKING:
    from spacy.language import Language

CARD = "card.json"
SETTINGS = "gongwen"
_PACKAGE = Path(__file__).parent
# how pickles of protocols 2 to 5 begin
_PICKLED = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_FORBIDDEN = (".pkl", ".pickle", ".joblib", ".dill")


def shipped_model() -> Path:
    """The model of this installation: in the wheel, or in the repository's `models/`.

    Raises:
        ModelError: neither is there.
    """
    for folder in (_PACKAGE / "_model", _PACKAGE.parent / "models" / "gongwen"):
        if (folder / CARD).exists():
            return folder
    raise ModelError(tr("this installation carries no trained model: run `gongwen train` in the repository, or reinstall the package"))


def shipped_segmenter() -> Path | None:
    """The trained pkuseg segmenter of this installation, if it has one."""
    for folder in (_PACKAGE / "_segmenter", _PACKAGE.parent / "models" / "pkuseg"):
        if (folder / CARD).exists():
            return folder
    return None


def refuse_pickles(folder: Path) -> None:
    """Nothing is loaded by unpickling.

    Raises:
        ModelError: the folder holds a pickle, by its name or by its first bytes.
    """
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            first = file.read(2)
        if path.name.endswith(_FORBIDDEN) or first in _PICKLED:
            raise ModelError(tr("{path} is a pickle: nothing is loaded by unpickling; delete it or reinstall the model", path=path))


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a model but its card, by path within it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != CARD)
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def digest(sums: dict[str, str]) -> str:
    """One checksum of many."""
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def verified_card(folder: Path) -> dict[str, Any]:
    """The model's card, once every file has been found to be the one it names.

    Raises:
        ModelError: a file is missing, changed, added, or a pickle.
    """
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            tr("{folder} is no model: it has no readable {card}; give a folder that `gongwen train` wrote", folder=folder, card=CARD)
        ) from error
    refuse_pickles(folder)
    found = checksums(folder)
    expected = card.get("files", {})
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            raise ModelError(tr("{path} is missing: reinstall the model or train again", path=folder / name))
        if found[name] != expected.get(name):
            raise ModelError(tr("{path} is not the file that the model's card names: reinstall the model or train again", path=folder / name))
    return card


def load_nlp(folder: Path, segmenter: str | None = None, segmenter_model: str | None = None) -> Language:
    """The spaCy pipeline of a model folder; another word segmenter in place of its own where one is named."""
    import spacy

    overrides: dict[str, Any] = {}
    if segmenter:
        overrides = {"components.segmentation.segmenter": segmenter, "components.segmentation.model": segmenter_model}
    return spacy.load(folder, config=overrides)


def config_and_settings(path: Path) -> tuple[Any, dict[str, Any]]:
    """The pipeline's configuration and the trainer's settings of one configuration file.

    Raises:
        ModelError: the file is missing or not a configuration.
    """
    from thinc.api import Config

    try:
        config = Config().from_disk(path)
        settings: dict[str, Any] = config.pop(SETTINGS)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(tr("{path}: no training configuration ({error}); see models/config.cfg", path=path, error=error)) from error
    return config, settings
