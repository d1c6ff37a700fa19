"""The Parquet tables of a grid: trials, curves, comparisons, looks, tuning. pyarrow only."""
