"""Installs, and how uv is used."""
