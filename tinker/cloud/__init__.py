"""Rented machines: offers, fleets of pods, their programs, and what they cost. Knows pods, not models."""
