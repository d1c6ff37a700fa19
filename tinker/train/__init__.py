"""Training one trial: from a TrialSpec to a TrialResult, on one machine, without Ray."""
