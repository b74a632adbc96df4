"""What is wrong with an installation, and what to do about it.

Owns: the checks. Each is one function that returns findings and changes nothing that
stays. Does not own: mending.
"""
