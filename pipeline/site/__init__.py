"""Records as pages to read: a static site that opens from the disk without network."""

from pipeline.site.build import build_site
from pipeline.site.panel import PanelRow, read_panel

__all__ = ["PanelRow", "build_site", "read_panel"]
