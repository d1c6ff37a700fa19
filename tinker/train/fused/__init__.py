"""Several replicates of one arm trained as one program: the numbers of separate trials, but for rounding.

Replicates are seeds, or the rates that a search tries: model and data are the same, optimizer and schedule need not be.

Their parameters lie stacked along a leading dimension R, and each replicate's model holds views of its row. So the
forward and backward pass are done for all at once, and all else - evaluation, curve, checkpoints, the record - is done
to each model by the code that single trials use.
"""
