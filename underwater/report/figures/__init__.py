"""The pictures of a run's report, one file each: RunData in, a Picture out."""
