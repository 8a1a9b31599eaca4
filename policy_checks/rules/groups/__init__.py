"""Groups, extras and what an environment may hold."""
