"""The plots of the report, one a file, as SVG that reflows with the page.

Places across are percentages and places down are pixels, so that text keeps its size on a phone and on a desk.
"""
