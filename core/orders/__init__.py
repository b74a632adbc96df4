"""Orders of usage services: given now or for later, each becomes an event at its time."""
