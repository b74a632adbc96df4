"""Background work: each job parses its arguments, makes one core call, reports."""
