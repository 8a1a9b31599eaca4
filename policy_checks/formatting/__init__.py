"""What `policy-checks format` drives: the changed files, the five tools, and what they say.

`changes` finds the files; `driver` runs the fixers (`fixers`) on copies of them in a scratch tree
(`tree`) and the linters (`linters`) on the files themselves; `writing` puts results in place, each
file by one rename. How a tool is found and started is in `executables` and `processes`.
"""
