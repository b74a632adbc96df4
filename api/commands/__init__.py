"""The command line, one module per command; `api.cli` finds them by name."""
