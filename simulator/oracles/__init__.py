"""How a price becomes an on-chain answer: heartbeat, deviation, delay."""
