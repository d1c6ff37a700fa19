"""Learning-rate schedules, one a file.

A variant is built as `Variant(config, lr, steps)` from the optimizer's peak rate and the number of steps, and called
with a step (0 is the first) it returns the rate of that step. It must be a pure function of the step: probation
compares it at every step.
"""
