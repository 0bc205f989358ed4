"""What happens to everybody: prices in the protocol's own units, and time."""
