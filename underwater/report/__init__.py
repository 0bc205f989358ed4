"""Reports: a run folder or a sweep table becomes one page that works offline."""

from underwater.report.page import write_report
from underwater.report.summary import summary_rows

__all__ = ["summary_rows", "write_report"]
