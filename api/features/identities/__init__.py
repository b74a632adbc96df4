"""Staff who sign in with a provider of OpenID Connect."""
