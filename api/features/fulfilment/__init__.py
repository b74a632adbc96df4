"""Work that a seller owes once for what was bought: a first training, say."""
