"""What a seller sells: products, gauges, rate tables, price plans and billing terms."""
