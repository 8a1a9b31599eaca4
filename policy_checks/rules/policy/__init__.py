"""Rules about the policy itself: what could not be judged, and what hides findings."""
