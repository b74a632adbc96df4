"""Jobs: work for an account, its lines, its completion.

Owns: `job` and `job_line`, which change is allowed in which state, and when a completed job
falls due. Does not own: billing it and `job_billing` (`core.billing_cycles`), prices, job
types (`core.catalogue`). Invariants: what is billed never changes; nobody types in when a
job was completed; every verb locks the job, then reads, then decides, and leaves a history
entry, an audit entry and an event in the outbox.
"""
