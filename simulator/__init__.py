"""The engine: chains, prices, risk, recording. Knows neither `agents` nor `audits`."""
