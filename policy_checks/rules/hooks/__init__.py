"""Rules about the tools that judge a repository: their versions, and what they are told."""
