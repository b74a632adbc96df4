"""The seller's customers: accounts with members, companies and a history."""
