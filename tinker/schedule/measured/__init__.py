"""Short measurements of a grid's control, which decide what its `resources` leave to them."""
