"""Signed events from phones: rules, findings, grade, receipts."""
