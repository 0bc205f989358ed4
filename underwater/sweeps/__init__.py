"""A sweep as a user sees it: which numbers it compares, its files, its words, its picture."""
