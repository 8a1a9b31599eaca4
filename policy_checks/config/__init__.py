"""The policy of a repository: `[tool.policy-checks]`, read strictly, its faults told all at once."""

from policy_checks.config.decoding import key_of
from policy_checks.config.loading import load, load_from, of
from policy_checks.config.policy import Config, ConfigError, Fault, Waiver
from policy_checks.globs import matches

__all__ = ["Config", "ConfigError", "Fault", "Waiver", "key_of", "load", "load_from", "matches", "of"]
