"""What `policy-checks format` drives: the changed files, the five tools, and what they say.

`changes` finds the files; `driver` has the fixers (`fixers`) run by `rewriting` on copies of them in a scratch tree
(`tree`) and the linters (`linters`) by `judging` on the files themselves; `writing` puts results in place, each
file by one rename. What a run works with is in `bench`; how a tool is found and started in `executables` and `processes`.
"""
