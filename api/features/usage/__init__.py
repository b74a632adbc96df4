"""Usage: reporting it, correcting it, reading it, and whether it all adds up."""
