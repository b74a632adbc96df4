"""Alerts: told once a period when spend or usage has reached a threshold.

Owns: `alert`, `alert_event`, and what waits to be measured (`alert_queue`, `alert_look`,
`alert_test_look`). Does not own: what usage costs (the closing's reading and pricing say it),
who is told (the outbox, sockets and observers). An alert only tells; it stops nothing. Looks
are made in the background, about every quarter of a minute; a test clock looks as it moves.
"""
