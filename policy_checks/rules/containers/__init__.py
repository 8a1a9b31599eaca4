"""Container images: how they are built and what they are built from."""
