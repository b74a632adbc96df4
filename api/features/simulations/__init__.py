"""Simulations: asked for, followed, read and exported."""
