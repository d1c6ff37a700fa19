"""What the tables of a grid are called, for those who must not load pyarrow to know it."""

TRIALS, CURVES, COMPARISONS = "trials.parquet", "curves.parquet", "comparisons.parquet"
