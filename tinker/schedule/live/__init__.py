"""What people see of a run while it goes on: drawn in a terminal, told line by line in a pipe."""
