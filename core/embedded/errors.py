"""The one way in which the embedded services fail, with the reason in words."""


class ServicesUnavailable(Exception):
    """The embedded services cannot run here; the message says why and what to do instead."""
