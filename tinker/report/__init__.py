"""What a grid found out, for people: one view, laid out by several renderers."""
