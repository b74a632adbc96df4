"""The tenant's customers: accounts with members, attached companies and a history.

Owns: who the customer is, and what time it is for them (test clocks). Does not own: what
they bought or owe.
"""
