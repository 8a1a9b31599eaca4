"""Whether uv.lock matches the project, and whether it can be believed."""
