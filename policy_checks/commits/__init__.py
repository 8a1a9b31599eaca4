"""Commits: the raw git object as typed data, its sign-offs, and the policy they are held to."""
