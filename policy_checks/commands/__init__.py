"""The subcommands, one module each, imported only when called.

A command module has `configure(parser)` and `run(arguments) -> exit code`; nothing else in the
package writes to standard output.
"""


class Failure(Exception):
    """What the user has to mend before the command can do its work: one line, exit code 2."""
