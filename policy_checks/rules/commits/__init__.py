"""Rules about commits."""
