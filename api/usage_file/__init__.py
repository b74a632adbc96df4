"""Files of usage, sent to a server part by part."""

from api.usage_file.sending import Loaded, Rejected, UploadFailed, load_file

__all__ = ["Loaded", "Rejected", "UploadFailed", "load_file"]
