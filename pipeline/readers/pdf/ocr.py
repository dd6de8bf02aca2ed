"""Text recognition of a page's picture, by RapidOCR with the models its wheel ships; nothing is downloaded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import MissingComponent
from pipeline.language import tr
from pipeline.readers.pdf.layout import Segment

Picture = npt.NDArray[np.uint8]

_MODELS = {"Det": "*_det_*.onnx", "Cls": "*_cls_*.onnx", "Rec": "*_rec_*.onnx"}


def is_installed() -> bool:
    """Whether the extra `gongwen[ocr]` is there."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def recognise(picture: Picture, scale: float) -> list[Segment]:
    """The lines of a picture, shape `(height, width, 3)`, as segments in points; `scale` is pixels a point.

    Raises:
        MissingComponent: the extra is not installed, or its models are not with it.
    """
    found = _engine()(picture)
    if found.boxes is None or found.txts is None:
        return []
    segments = []
    for box, text in zip(found.boxes, found.txts, strict=True):
        xs, ys = np.asarray(box, dtype=float).T / scale
        height = picture.shape[0] / scale
        if text.strip():
            segments.append(Segment(text.strip(), float(xs.min()), height - float(ys.max()), float(xs.max()), height - float(ys.min())))
    return segments


@cache
def _engine() -> Callable[[Picture], Any]:
    """RapidOCR on one thread, so that workers do not get into each other's way and give the same bytes."""
    if not is_installed():
        raise MissingComponent(tr("text recognition is not installed: pip install 'gongwen[ocr]'"))
    import rapidocr

    params: dict[str, Any] = {
        "Global.log_level": "critical",
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "Det.limit_type": "max",  # lines are found on a smaller picture: as many, in half the time
        "Det.limit_side_len": 1280,
        "Rec.rec_batch_num": 1,
    }
    folder = Path(rapidocr.__file__).parent / "models"
    for part, pattern in _MODELS.items():
        models = sorted(folder.glob(pattern))
        if not models:  # a path that is there keeps RapidOCR from fetching one
            raise MissingComponent(
                tr("rapidocr is installed without its {part} model; reinstall it: pip install --force-reinstall rapidocr", part=part)
            )
        params[f"{part}.model_path"] = str(models[0])
    engine: Callable[[Picture], Any] = rapidocr.RapidOCR(params=params)
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return engine
