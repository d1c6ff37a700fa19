"""What runs in a pod. Nothing here needs more than Python's own library until the environment is installed."""
