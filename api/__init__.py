"""What the outside world talks to: the GraphQL API over HTTP and the command line."""
