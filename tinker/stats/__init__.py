"""Statistics of a grid: pure functions over numbers and tables. Imports numpy, scipy.special and pyarrow only."""
