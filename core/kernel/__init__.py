"""The pure foundation: money, time, identifiers, refusals and conditions.

Owns: exact arithmetic, rounding, billing periods, content digests, CEL
conditions. Does not own: storage, the network, any business rule of a feature.
Import from the modules themselves, so that nobody pays for what they do not use.
"""
