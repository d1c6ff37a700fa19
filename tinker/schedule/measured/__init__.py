"""Short measurements of a grid's control, which decide `resources.compile: auto` and `resources.fused: auto`."""
