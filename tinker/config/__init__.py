"""From Hydra's groups and overrides to one strictly checked, frozen description of a trial."""
