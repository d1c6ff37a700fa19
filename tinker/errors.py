"""Errors that a user can mend, and the exit codes of every command."""

from __future__ import annotations

OK = 0
FAILED = 1  # the command ran, and its answer is no: a trial failed, a replay differs, a check fails
USAGE = 2  # bad input: grid, override, option, corpus
BUSY = 3  # another tinker holds the store
CHECK_USAGE = 4  # bad input to `tinker check`, whose 1, 2 and 3 are judgements: reject, inconclusive, invalid
INTERRUPTED = 130  # Ctrl-C; what was done is stored


class UserError(Exception):
    """Something the user can mend: printed as one message, never as a traceback.

    The message says what is wrong, where (file, line, key), what was given, what is allowed and what to do.
    """

    exit_code = USAGE

    def __init__(self, message: str, *, exit_code: int | None = None) -> None:
        super().__init__(message)
        if exit_code is not None:
            self.exit_code = exit_code


class ConfigError(UserError):
    """A value in a config that is not allowed: `path` is its dotted key, `problem` the rest of the sentence.

    `where` (file:line) is known only to the one who read the file, who adds it with `at`.
    """

    def __init__(self, path: str, problem: str, *, where: str | None = None) -> None:
        self.path, self.problem, self.where = path, problem, where
        prefix = f"{where}: " if where else ""
        super().__init__(f"{prefix}{path}: {problem}" if path else f"{prefix}{problem}")

    def at(self, where: str) -> ConfigError:
        """The same error with its place in a file; a place that is already known stays."""
        return ConfigError(self.path, self.problem, where=self.where or where)
