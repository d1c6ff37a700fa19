"""Optimizers, one a file.

A variant is a `torch.optim.Optimizer` built as `Variant(config, model)`; it puts each trainable parameter of `model`
into exactly one of its groups. Its Config has an `lr`, the peak that the schedule scales.
"""
