"""Results → one HTML page that needs nothing but itself: tables that sort, plots, settings, and the judgments."""

from mtbench.reports.page.contents import Page, Shown
from mtbench.reports.page.html import MOST_BYTES, to_html

__all__ = ["MOST_BYTES", "Page", "Shown", "to_html"]
