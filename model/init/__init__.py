"""Init: where the parameters start, and what depends on it (learning rates and multipliers, in muP).

A variant is built as `Variant(config, model)`; it is a subclass of `model.init_rule.InitRule`.
"""
