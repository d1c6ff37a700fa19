"""What this machine can run, and what is missing for the rest: one file a subject, one function a check."""
