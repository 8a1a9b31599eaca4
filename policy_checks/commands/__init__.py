"""The subcommands, one module each, imported only when called.

A command module has `configure(parser)` and `run(arguments) -> exit code`; nothing else in the
package writes to standard output.
"""
