"""Running a grid: which trials are missing, in what order, on which Ray actors, and what becomes of their results."""
