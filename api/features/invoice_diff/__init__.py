"""Why an invoice differs from the one before."""
