"""What must hold, and the search for a sequence of actions after which it does not.

catalogue (the sentences), properties (the checks), actions and environment (what may happen),
machine and search (any order of it), shrink and findings (the shortest story, kept and replayed),
mutants (reference contracts with one known bug each, which the search must find).
"""
