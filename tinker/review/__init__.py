"""The reviewer's gate: what is to be accepted of a grid's arms, and every check behind it."""
