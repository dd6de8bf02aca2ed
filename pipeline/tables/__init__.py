"""Records as tables: tidy, typed, one row an item; on the disk, in pandas, and under SQL."""

from pipeline.tables.frames import frame, layer_frame
from pipeline.tables.rows import TABLES
from pipeline.tables.schema import tables
from pipeline.tables.write import FORMATS, all_rows, write_tables

__all__ = ["FORMATS", "TABLES", "all_rows", "frame", "layer_frame", "tables", "write_tables"]
