"""The panel: figures of many reports under comparable indicators of law-based government, by region and year."""

from pipeline.panel.codebook import Codebook, Indicator, load_codebook
from pipeline.panel.match import indicator_of
from pipeline.panel.rows import PanelRow, panel_rows

__all__ = ["Codebook", "Indicator", "PanelRow", "indicator_of", "load_codebook", "panel_rows"]
