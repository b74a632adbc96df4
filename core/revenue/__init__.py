"""Series: recurring revenue with its movements, churn, and usage by time, summed by SQL.

Owns no table: everything is computed from fee slices, what was given back of them, and stored
events, each series by one statement. Does not own: what anything costs.
"""
