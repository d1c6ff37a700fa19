"""What there is to choose from: the slots' registries, as data and as a page."""
