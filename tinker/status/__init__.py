"""What goes on in a results folder, as anybody can see it from outside. Imports no torch, no ray, no lightning."""
