"""Archetypes that act in a run, one per file, and the population drawn for them up front."""
