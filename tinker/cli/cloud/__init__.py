"""`tinker cloud`: what is rented, what it would cost, and giving it back. A file for each command."""
