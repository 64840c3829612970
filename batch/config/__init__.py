"""YAML -> one frozen JobConfig, or a ConfigError that says what is wrong and what is allowed."""
