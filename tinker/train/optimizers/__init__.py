"""Optimizers, one a file.

A variant is a `torch.optim.Optimizer` built as `Variant(config, model)`; it puts each trainable parameter of `model`
into exactly one of its groups. Its Config has an `lr`, the peak that the schedule scales: the rate of every group is
multiplied by the same number at a step, so a group may have a peak of its own. It keeps no schedule inside.

Where the weights to use differ from those that are trained, it has `train()` and `eval()` as `schedulefree` has them,
and is built in training mode; see `tinker.train.averaging`. A Config may have `check(trial)`, which raises a
ConfigError where the optimizer does not go together with something else in the TrialConfig.

One that treats each element of a parameter for itself says `per_element = True`: it can work on shards (FSDP).
One whose groups have a `fused` key that torch reads says `fusible = True`: `train.fused_optimizer` sets it.
"""
