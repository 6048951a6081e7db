"""Homes, elders, household codes and printed cards."""
