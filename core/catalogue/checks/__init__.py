"""What a catalogue must hold to: one file per section, and one for what is already stored.

Pure. Checks see the wanted and the stored definitions and answer with problems; they change
nothing. Does not own: rules about a single rate (`core.rating.validation`).
"""

from core.catalogue.checks.catalogue import check_catalogue
from core.catalogue.checks.known import Installed, Known

__all__ = ["Installed", "Known", "check_catalogue"]
