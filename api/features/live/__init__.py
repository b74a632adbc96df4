"""What is watched: the roots of `Subscription`, and how an event becomes an object."""
