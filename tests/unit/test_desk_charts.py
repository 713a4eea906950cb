"""Drawings and words of opened figures."""

from typing import Any

from services.desk.pages.charts import chart
from services.desk.pages.figure_words import COUNTED, count_title, lines, plain
from shared.db.read.case_marks import FIGURES


def point(value: float | None, **more: Any) -> dict[str, Any]:
    low, high = (None, None) if value is None else (value - 10, value + 10)
    return {"as_of": "2026-11-20", "value": value, "low": low, "high": high, **more}


def test_a_line_breaks_where_nothing_was_known() -> None:
    points = [point(50.0), point(60.0, corrected=True), point(None), point(70.0), point(None)]
    found = chart(points)
    assert found is not None
    assert found.lines == ("0.0,50.0 250.0,40.0", "746.0,30.0 754.0,30.0")
    assert found.bands[0] == "0.0,40.0 250.0,30.0 250.0,50.0 0.0,60.0"
    assert found.corrected == (250.0,)
    assert chart([point(None)]) is None
    alone = chart([point(40.0)])
    assert alone is not None
    assert alone.lines == ("0.0,60.0 8.0,60.0",)
    # The newest day alone, as on the first day of a region: at the right edge, and inside it.
    newest = chart([point(None), point(40.0)])
    assert newest is not None
    assert newest.lines == ("992.0,60.0 1000.0,60.0",)


def test_inputs_read_as_labelled_lines() -> None:
    found = lines({"late": 2, "parts": {"verify": {"p": 0.8125}}, "thin": False, "missing": []})
    assert [(line.label, line.value, line.name) for line in found] == [
        ("Telat: selesai sesudah tenggat", "2", "late"),
        ("Verifikasi: p", "0,8125", ""),
        ("Data LAPOR! tipis", "tidak", "thin"),
        ("Belum diketahui", "–", "missing"),
    ]
    assert plain(72.0) == "72"
    assert plain(["a", 1.5]) == "a, 1,5"


def test_every_count_has_a_title() -> None:
    for figure, what in FIGURES:
        assert figure not in count_title(figure, what)
        assert what in COUNTED or what == "value"
