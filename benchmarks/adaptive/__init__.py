"""Simulations of seeds by need: what looks cost in power, what they save in trials, and whether they err."""
