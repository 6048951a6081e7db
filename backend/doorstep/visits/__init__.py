"""Visits: from the plan to the day, assignment, the operation axis, the live list."""
