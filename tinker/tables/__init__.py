"""The Parquet tables of a grid: trials, curves, comparisons. pyarrow only."""
