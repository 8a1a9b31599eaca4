"""Rules about the markers that tests carry."""
