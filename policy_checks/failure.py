"""The expected failure: what the user has to mend before the program can do its work."""


class Failure(Exception):
    """One line (or several, where several things are wrong) for the user; the exit code is 2."""
