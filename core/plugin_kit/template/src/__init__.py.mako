"""${label} as a channel of Forfait."""
