"""Services ordered over the top, such as films, as a channel: one order, one event."""
