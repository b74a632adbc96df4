"""A row of CSV is the same report as the line of JSON that says the same."""

from __future__ import annotations

import pytest

from core.plugin_host import PluginHost
from core.usage.codec import codecs_of
from core.usage.csv_rows import RowReader
from core.usage.lines import Line, LineReader, Names
from core.usage.records import UsageReport, Verdict

HEADER = (
    "account,source,id,occurredAt,event.email.recipients,event.ott.service,event.ott.udrType"
)
LINE = (
    b'{"account":"a","source":"s","id":"1","occurredAt":"2026-01-09T12:00:00Z",'
    b'"event":{"email":{"recipients":3}}}'
)


def reader() -> RowReader:
    """A reader of a new stream."""
    codecs = codecs_of(PluginHost())
    return RowReader(codecs, LineReader(codecs, Names()))


def read(*rows: str) -> list[UsageReport | Verdict | None]:
    """Read rows as one stream."""
    one = reader()
    return [one.read(Line(number, row.encode())) for number, row in enumerate(rows, start=1)]


def test_a_row_says_what_the_line_of_json_says() -> None:
    """The number of recipients is a whole number there too; the header is no event."""
    header, report = read("\ufeff" + HEADER + "\r", "a,s,1,2026-01-09T12:00:00Z,3,,\r")
    assert header is None
    lines = LineReader(codecs_of(PluginHost()), Names())
    assert report == lines.read(Line(1, LINE))


def test_rows_of_several_channels_fit_into_one_file() -> None:
    """Empty cells are fields that are left out; a comma is quoted."""
    _, mail, film = read(
        HEADER, "a,s,1,2026-01-09T12:00:00Z,3,,", 'a,"s,t",2,2026-01-09T12:00:00Z,,film,vod'
    )
    assert isinstance(mail, UsageReport)
    assert isinstance(film, UsageReport)
    assert (mail.channel, film.channel, film.source) == ("email", "ott", "s,t")
    assert (film.event.service, film.event.udr_type) == ("film", "vod")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,s,1,2026-01-09T12:00:00Z,3", "the row has 5 cells, the header 7"),
        ("a,s,1,2026-01-09T12:00:00Z,many,,", "recipients is 'many', which is no whole number"),
        ("a,s,1,yesterday,3,,", "occurredAt is no instant"),
        ("a,s,1,2026-01-09T12:00:00Z,3,film,vod", "exactly one channel; fill in"),
        (",s,1,2026-01-09T12:00:00Z,3,,", "account is missing"),
        ('a,"s,1', "the row is no CSV in UTF-8; end each with a line feed"),
        ("a,s,1\ra,s,2", "the row is no CSV in UTF-8; end each with a line feed"),
    ],
)
def test_a_bad_row_is_rejected_and_the_next_one_is_read(row: str, told: str) -> None:
    """With what is wrong, in words."""
    _, bad, good = read(HEADER, row, "a,s,1,2026-01-09T12:00:00Z,3,,")
    assert isinstance(bad, Verdict)
    assert bad.reason == "INVALID_VALUE"
    assert told in bad.message
    assert isinstance(good, UsageReport)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (HEADER + ",price", "there is no field 'price'"),
        (HEADER + ",event.fax.pages", "there is no field 'event.fax.pages'"),
        ("account,source,id", "the column occurredAt is missing; add it"),
        (HEADER + ",account", "a column comes twice"),
    ],
)
def test_without_a_sound_header_no_row_is_taken(header: str, told: str) -> None:
    """The header says so, once for the file, and the reader knows."""
    one = reader()
    first = one.read(Line(1, header.encode()))
    assert isinstance(first, Verdict)
    assert told in first.message
    assert one.has_wrong_header
    assert one.read(Line(2, b"a,s,1,2026-01-09T12:00:00Z,3,,")) is None


@pytest.mark.parametrize("line", [Line(1, b"", 65_536), Line(1, b'account,"source', 0)])
def test_a_header_that_cannot_be_read_is_wrong_too(line: Line) -> None:
    """The row behind it is not taken for the header."""
    one = reader()
    first = one.read(line)
    assert isinstance(first, Verdict)
    assert "the header row is wrong, so no row is read: the row is" in first.message
    assert one.read(Line(2, HEADER.encode())) is None
    assert one.has_wrong_header
