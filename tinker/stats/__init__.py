"""Statistics of a grid: pure functions over numbers and tables. Imports scipy.special only."""
