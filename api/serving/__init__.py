"""Processes of an installation: its services, its web server, its workers.

Owns: starting, watching and stopping them. Does not own: what they do.
"""
