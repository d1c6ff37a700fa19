"""Layouts, one a file, named as their `model_type`; each has a `LAYOUT`, a `tinker.pretrained.layout.Layout`."""
