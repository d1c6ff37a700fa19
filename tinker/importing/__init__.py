"""Runs from elsewhere as a grid that `report`, `check` and `noise` work on. Imports no torch, ray or lightning."""
