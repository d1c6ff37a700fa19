"""The report as one HTML file that needs nothing else: no network, no fonts, no server."""

from tinker.report.html.page import render

__all__ = ["render"]
