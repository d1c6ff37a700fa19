"""A grid: the question that a YAML file declares, checked, and expanded into the trials that answer it."""
