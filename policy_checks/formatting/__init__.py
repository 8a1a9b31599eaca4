"""What `policy-checks format` drives: the changed files, the five tools, and what they say.

`changes` finds the files; `sources` and `staging` read them, on disk or in git's index, and take the results back.
`driver` has the fixers (`fixers`) run by `rewriting` on copies of them in a scratch tree (`tree`), until all of them are
content (`settling`), and the linters (`linters`) by `judging` on what results; `writing` puts a file in place by one rename.
What a run works with is in `bench`; how a tool is found and started in `executables` and `processes`, whether it is the one
that uv.lock holds in `versions` and `installed`.

What need not be found out again: `results` has verdicts by a digest of all that they rest on (`fingerprint`: tools and settings;
`surroundings`: the modules that a file imports, by `listing`, `imports`, `modules`, `closure`, and what of them it can see, by `parts`
and `visible`); `store` keeps them; `pylint_verdicts` and `mypy_verdict` are what two linters need beyond that.
"""
