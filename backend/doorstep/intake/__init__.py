"""The roster workbook: read, checked, previewed, written."""
