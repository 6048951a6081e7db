"""People, roles, scopes, phones and sessions."""
