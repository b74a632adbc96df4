"""What accounts would have paid in a past month under other prices.

Owns: simulations, their results and failures, the alternative that prices are replaced by.
Does not own: any arithmetic; reading and pricing are the close's (`core.billing_cycles`).
Times: a month once it is over, in the seller's zone; periods by their start.
Invariants: nothing of a tenant's books changes, whatever is simulated; one transaction per
chunk of accounts; a subscription that cannot be priced is named and stops nobody else.
"""
