${"#"} ${label}

${"##"} Unit
`${name}`: REPLACE with what one is. The dimension is the event's `zone`, empty where it has none.

${"##"} How it is counted
`amount`, in started blocks of the rules of the day `used_on`. Before 1 July 2026 a block is 1, from
that day on 5. Less than 1 or more than 1,000,000 is rejected, and so is a zone of anything but
capital letters and digits.
% if is_per_event:

Each event is priced when it is stored. One that names a `service` is priced by the usage catalogue
that offers it, any other by the plan's rate.
% endif

${"##"} Worked example
| event | quantity |
|---|---|
| `{usedOn: "2026-06-30", amount: 7, zone: "EU"}` | 7 |
| `{usedOn: "2026-07-01", amount: 7, zone: "EU"}` | 10: 2 started blocks of 5 |

With a rate of 0.10, the first costs 0.70 and the second 1.00.

${"##"} Source
REPLACE with where the rules come from: a provider's price list, with its date.
