"""A RunPod on loopback for tests and for trying it out: the calls that tinker uses, with pods that are processes."""
