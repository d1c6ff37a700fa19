"""Skeletons of users' own variants, one for each slot: templates that run as they stand."""
