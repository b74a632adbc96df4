"""E-mail as a channel: e-mails routed."""
