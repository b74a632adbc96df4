"""One change of a catalogue, and the problems that it must have."""

from __future__ import annotations

from tests.unit.catalogue.pay_tv import PAY_TV
from tests.unit.catalogue.test_yaml_problems import problems_of


def expect_refused(
    swap: tuple[str, str], *, code: str, path: str, told: str, of: str = PAY_TV
) -> None:
    """Swap one text, and expect a problem at each path with the code and the words.

    `path` is where each begins, several with a blank between them.
    """
    old, new = swap
    assert old in of
    found = problems_of(of.replace(old, new, 1))
    places = [".".join(problem.path) for problem in found]
    wanted = path.split() or [""]
    assert {problem.code for problem in found} == {code}
    assert len(places) == len(wanted), places
    assert all(any(place.startswith(want) for place in places) for want in wanted), places
    assert all(told in problem.message for problem in found)
    assert all(problem.line is not None for problem in found)
