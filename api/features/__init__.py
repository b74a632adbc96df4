"""The features of the schema, one folder each; `api.schema` finds them by name."""
