"""How long a subscription is bound, and when it rests, in the schema."""
