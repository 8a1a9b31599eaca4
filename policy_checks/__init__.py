"""A linting and dependency-policy checker for repositories locked with uv."""
