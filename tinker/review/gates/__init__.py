"""The checks of a review, each a function from evidence to findings: what it found in order, and what not."""
