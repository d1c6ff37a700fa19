"""One trial on several ranks: processes of one machine, each with a device of its own and its rows of every batch."""
