"""What users of the protocol may do, in domain units, turned into exact messages.

Nothing here moves a price or the clock: that is audits/environment.
"""
