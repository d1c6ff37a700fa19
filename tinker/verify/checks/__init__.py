"""One check a file: `check(subject) -> Finding`, plain functions."""
