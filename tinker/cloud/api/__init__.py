"""A small typed client of RunPod's REST API, version 2."""
