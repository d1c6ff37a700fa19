"""Who and what made a row: the code that its trial imported, and the machine and libraries it ran on."""
