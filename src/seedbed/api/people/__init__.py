"""People who use the console as themselves: signing in by a provider or a trusted proxy, and keys of their own."""
