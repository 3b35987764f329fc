"""results.json as types, of which its JSON schema is made."""
