"""Simulations of the shipped statistics, from trial rows to verdicts, against what is promised of them."""
