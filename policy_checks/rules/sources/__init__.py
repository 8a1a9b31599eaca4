"""Where packages come from: sources, indexes, release age."""
