"""Reports are deterministic and hold no person; differences lead from one edition to the next."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policy.load import load_policies
from shared.scores.differences import applied, canonical, differences, fingerprint
from shared.scores.pekppp import NOTICE
from shared.scores.register import (
    FollowUpRow,
    Grounds,
    MonthlyEdition,
    RegisterRow,
    evidence_names,
)
from shared.scores.report import (
    Evidence,
    Head,
    PeriodError,
    ReportKind,
    f01,
    laporan,
    month_period,
    year_period,
)
from shared.scores.report_words import label, told

TODAY = date(2026, 11, 23)
POLICY = load_policies().at(TODAY)
KEYS = st.text(st.sampled_from("abc/. é"), max_size=3)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "1", "nama"])
    | st.lists(st.integers(0, 3), max_size=2)
)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8),
    max_size=4,
)


@settings(max_examples=30)
@given(DOCUMENTS)
def test_equal_documents_do_not_differ(document: dict[str, Any]) -> None:
    assert differences(document, orjson.loads(canonical(document))) == []


@settings(max_examples=40)
@given(DOCUMENTS, DOCUMENTS)
def test_the_differences_lead_from_the_old_document_to_the_new(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    kept = deepcopy(before)
    found = differences(before, after)
    assert canonical(applied(before, found)) == canonical(after)
    assert before == kept
    # As they are kept: written and read again.
    assert canonical(applied(before, orjson.loads(orjson.dumps(found)))) == canonical(after)
    for one in found:
        assert "before" in one or "after" in one


def test_only_what_changed_is_listed_and_a_new_part_is_one_line() -> None:
    before = {"a": {"x": 1, "y": [1, 2]}, "b": 1, "gone": {"z": 1}}
    after = {"a": {"x": 1, "y": [1, 3]}, "b": True, "new": {"z": {"w": 1}}}
    assert differences(before, after) == [
        {"path": ["a", "y"], "label": "a/y", "before": [1, 2], "after": [1, 3]},
        {"path": ["b"], "label": "b", "before": 1, "after": True},
        {"path": ["gone"], "label": "gone", "before": {"z": 1}},
        {"path": ["new"], "label": "new", "after": {"z": {"w": 1}}},
    ]


def test_the_written_form_does_not_depend_on_the_order_of_keys() -> None:
    one, two = {"b": {"y": 1, "x": 2}, "a": 1.5}, {"a": 1.5, "b": {"x": 2, "y": 1}}
    assert canonical(one) == canonical(two) == '{"a":1.5,"b":{"x":2,"y":1}}'
    assert fingerprint(canonical(one)) == fingerprint(canonical(two))


@pytest.mark.parametrize(
    ("text", "as_of", "complete"),
    [
        ("2026-10", date(2026, 10, 31), True),
        ("2026-11", TODAY, False),
        ("2024-02", date(2024, 2, 29), True),
    ],
)
def test_a_month_is_reported_as_of_its_end_or_today(text: str, as_of: date, complete: bool) -> None:
    found = month_period(text, TODAY)
    assert (found.as_of, found.complete) == (as_of, complete)


@pytest.mark.parametrize("text", ["2026-12", "2019-12", "2026-13", "2026-1", "2026", "", "x"])
def test_other_months_are_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        month_period(text, TODAY)


def test_an_assessed_year_is_this_one_or_the_one_before() -> None:
    last = year_period("2025", TODAY)
    assert (last.last, last.as_of, last.complete) == (date(2025, 12, 31), TODAY, True)
    assert not year_period("2026", TODAY).complete
    for text in ("2024", "2027", "abcd", "20255"):
        with pytest.raises(PeriodError, match="2025 atau 2026"):
            year_period(text, TODAY)


# -- Contents -------------------------------------------------------------------------------------


def clock(**n: int) -> dict[str, Any]:
    return {"p": 0.5, "n": 8, "on_time": 4, "late": 3, "missed": 1, "running": 2} | n


def pekppp(year: int) -> dict[str, Any]:
    counts = {
        "received": 8,
        "finished": 6,
        "lapor_received": 4,
        "lapor_finished": 3,
        "auto_finished": 2,
    }
    entered = {
        "at": "2026-02-03T01:00:00+00:00",
        "by": "budi",
        "reason": "Sesuai kunjungan",
        "evidence": [{"kind": "file", "name": "foto.jpg", "object": "x/y", "key": "RAHASIA"}],
    }
    indicators: dict[str, Any] = {
        str(no): {"level": None, "computed": None, "source": "unknown", "counts": {}}
        for no in (25, 26, 27)
    }
    indicators["25"] |= {"level": 4, "source": "evaluator", "entered": entered}
    indicators["28"] = {
        "level": 4, "computed": 4, "source": "computed", "counts": counts, "rule": "lapor",
        "share": 0.75, "lapor_share": 0.75, "thin": True,
    }  # fmt: skip
    return {
        "year": year,
        "aspect_e": {"value": None, "low": 2.0, "high": 4.5, "indicators": indicators},
        "ipp": {"value": None, "low": 0.0, "high": 5.0, "grade": None, "missing": ["F-03"]},
    }


def score(**extra: Any) -> dict[str, Any]:
    return {
        "opd": "paser/dinkes",
        "name": "Dinas Kesehatan",
        "responsiveness": {
            "value": 71.5, "state": "ok", "n": 8, "interval": [60.0, 80.0], "rank": 2, "backlog": 0,
            "parts": {
                "verify": clock(), "first_response": clock(), "finish": clock(),
                "not_reopened": {"p": 0.9, "n": 7, "missed": 1, "good": 6},
                "satisfaction": {"p": None, "n": None, "mean": None, "hidden": True},
            },
        },
        "shares": {
            "received": 8, "rejected": 1, "archived": 0, "withdrawn": 0, "auto_finished": 2,
        },
        "pekppp": pekppp(2026) | {"assessed": pekppp(2025)},
        "skm": {
            "ikm": 80.1, "grade": "B", "label": "Baik", "n": 40, "n_required": 384, "rule": "1/9",
            "without_token": 3, "nrr": {"waktu": 3.2}, "missing": [],
        },
    } | extra  # fmt: skip


def head(kind: ReportKind) -> Head:
    period = month_period("2026-10", TODAY) if kind == "laporan" else year_period("2025", TODAY)
    return Head(
        kind, "paser/dinkes", "Dinas Kesehatan", "paser", "Kabupaten Paser", "Asia/Makassar",
        "WITA", period, {"name": "2024-1"}, "A",
    )  # fmt: skip


def case(number: int, **fields: Any) -> RegisterRow:
    values: dict[str, Any] = {
        "ticket": f"T{number}", "opd": "paser/dinkes", "received_on": date(2025, 3, number + 1),
        "kind": "pengaduan", "category": "kesehatan", "channel": "web", "status": "selesai",
        "due_on": date(2025, 4, 1), "finished_on": date(2025, 3, 30), "counted": True,
        "finished": True, "lapor": False, "auto": False, "listed": True,
    }  # fmt: skip
    return RegisterRow(**values | fields)


FOLLOW_UP = FollowUpRow(
    7, "paser/dinkes", "Loket", 2025, date(2025, 6, 1), "waktu", "Antrean lama", "Tambah loket",
    "Kepala seksi", date(2025, 9, 1), date(2025, 6, 2), date(2025, 7, 1),
    evidence=("notulen.pdf",),
)  # fmt: skip


def pack() -> dict[str, Any]:
    rows = (
        case(1, lapor=True, auto=True),
        case(2, lapor=True),
        case(3, auto=True),
        case(4, status="ditolak", counted=False, finished=False, finished_on=None),
        case(5, listed=False),
    )
    skm = score()["skm"]
    return f01(
        head(ReportKind.F01),
        Evidence(
            year=score(),
            pekppp=pekppp(2025),
            follow_up=POLICY.instrument.follow_up,
            skm=skm | {"services": [skm | {"service": "Loket", "ikm": 90.0}]},
            grounds=(
                Grounds(
                    25,
                    "Sarana",
                    4,
                    None,
                    "evaluator",
                    None,
                    date(2026, 2, 3),
                    "Sesuai kunjungan",
                    ("foto.jpg",),
                ),
            ),
            survey_grounds=(Grounds(8, "Tindak lanjut", 5, 5, "computed"),),
            followups=(FOLLOW_UP,),
            register=rows,
            monthly=(MonthlyEdition("2025-02", 3, date(2025, 3, 5), "ab" * 32),),
        ),
    )


def test_a_monthly_report_says_what_the_score_says() -> None:
    found = laporan(head(ReportKind.LAPORAN), score(), (FOLLOW_UP,))
    figures = found["figures"]
    assert found["notice"] == NOTICE
    assert found["period"]["as_of"] == "2026-10-31"
    assert figures["index"] == {
        "value": 71.5, "state": "ok", "n": 8, "rank": 2, "backlog": 0, "low": 60.0, "high": 80.0,
    }  # fmt: skip
    assert figures["parts"]["finish"] == clock()
    assert figures["parts"]["satisfaction"] == {"p": None, "n": None, "mean": None, "hidden": True}
    assert figures["shares"]["auto_finished"] == 2
    assert (figures["skm"]["n"], figures["skm"]["n_required"]) == (40, 384)
    assert figures["pekppp"]["no28"]["finished"] == 6
    assert figures["pekppp_assessed"]["year"] == 2025


def test_a_public_report_names_no_case_no_account_and_no_words_of_staff() -> None:
    written = canonical(laporan(head(ReportKind.LAPORAN), score(), (FOLLOW_UP,)))
    for word in ("budi", "RAHASIA", "foto.jpg", "Sesuai kunjungan", "Antrean lama", "Tambah loket"):
        assert word not in written


def test_a_region_lists_its_opds_that_have_something_to_tell() -> None:
    silent = score(opd="paser/dlh", name="DLH")
    silent["responsiveness"] |= {"n": 0, "value": None, "state": "none", "rank": None}
    silent["shares"] = dict.fromkeys(silent["shares"], 0)
    silent["skm"] |= {"n": 0}
    found = laporan(head(ReportKind.LAPORAN), score(opds=[score(), silent]), ())
    assert list(found["figures"]["opds"]) == ["paser/dinkes"]
    hidden = deepcopy(silent)
    hidden["skm"] |= {"n": None, "hidden": True}
    found = laporan(head(ReportKind.LAPORAN), score(opds=[hidden]), ())
    assert list(found["figures"]["opds"]) == ["paser/dlh"]


def test_the_pack_gives_no_28_with_and_without_what_finished_by_itself() -> None:
    figures = pack()["figures"]
    assert figures["pekppp"]["no28"]["finished"] == 6
    without = figures["no28_without_auto"]
    assert (without["received"], without["finished"]) == (8, 4)
    assert (without["lapor_received"], without["lapor_finished"]) == (4, 2)
    assert (without["level"], without["lapor_share"]) == (4, 0.5)


def test_the_pack_registers_cases_without_the_restricted_ones() -> None:
    figures = pack()["figures"]
    assert sorted(figures["register"]) == ["T1", "T2", "T3", "T4"]
    assert figures["unlisted"] == 1
    assert figures["register"]["T4"]["counted"] is False
    march = figures["counts"]["2025-03"]
    assert march["received"] == 5
    assert march["status"] == {"selesai": 4, "ditolak": 1}
    assert len(figures["counts"]) == 12


def test_the_pack_tells_grounds_and_names_of_evidence_but_not_who_entered_them() -> None:
    found = pack()
    assert found["figures"]["pekppp"]["indicators"]["25"] == {
        "name": "Sarana", "level": 4, "computed": None, "source": "evaluator",
        "from_year": None, "entered_on": "2026-02-03", "reason": "Sesuai kunjungan",
        "evidence": ["foto.jpg"],
    }  # fmt: skip
    assert found["figures"]["survey_indicators"]["8"]["level"] == 5
    assert "budi" not in canonical(found)
    assert "RAHASIA" not in canonical(found)


def test_the_pack_has_the_survey_by_service() -> None:
    skm = pack()["figures"]["skm"]
    assert (skm["ikm"], skm["services"]["Loket"]["ikm"]) == (80.1, 90.0)


def test_the_pack_shows_months_with_and_without_a_signed_report() -> None:
    months = pack()["figures"]["monthly_reports"]
    assert months["2025-02"] == {"number": 3, "signed_on": "2025-03-05", "sha256": "ab" * 32}
    assert months["2025-01"] is None


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2025, 6, 30), "direncanakan"),
        (date(2025, 7, 1), "berjalan"),
        (date(2025, 9, 1), "berjalan"),
        (date(2025, 9, 2), "lewat"),
    ],
)
def test_a_follow_up_stands_as_it_stood_on_the_day(day: date, state: str) -> None:
    assert FOLLOW_UP.state(day) == state


def test_a_follow_up_past_its_day_is_overdue_unless_done() -> None:
    planned = FollowUpRow(
        1, "paser/dinkes", "", 2025, TODAY, "waktu", "", "", "", TODAY, TODAY - timedelta(9)
    )
    assert planned.state(TODAY) == "direncanakan"
    assert planned.state(TODAY + timedelta(1)) == "lewat"


def test_evidence_is_named_not_shown() -> None:
    pieces = [{"kind": "link", "url": "https://a.example/x"}, {"kind": "file", "name": "a.pdf"}]
    assert evidence_names(pieces) == ["https://a.example/x", "a.pdf"]
    assert evidence_names([]) == []


def test_labels_are_words_of_people() -> None:
    region = laporan(head(ReportKind.LAPORAN), score(opds=[score()]), ())
    said = {
        ("figures", "opds", "paser/dinkes", "parts", "finish", "late"):
            "Dinas Kesehatan › Penyelesaian › terlambat",
        ("figures", "pekppp", "indicators", "28", "level"):
            "PEKPPP › Indikator › no. 28 › tingkat",
        ("figures", "counts", "2025-03", "received"):
            "Laporan masuk per bulan › Maret 2025 › diterima",
        ("figures", "register", "T1", "status"): "Register › T1 › status",
        ("figures", "followups", "7", "state"): "Tindak lanjut SKM › entri 7 › keadaan",
        ("period", "as_of"): "Masa › per tanggal",
    }  # fmt: skip
    assert {path: label(path, region) for path in said} == said


def leaves(found: Any, *above: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(found, dict):
        yield above
        return
    for key, inner in found.items():
        yield from leaves(inner, *above, key)


def test_every_figure_has_a_word() -> None:
    for report in (pack(), laporan(head(ReportKind.LAPORAN), score(opds=[score()]), (FOLLOW_UP,))):
        for path in leaves(report["figures"]):
            assert "_" not in label(["figures", *path], report)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"), (True, "ya"), (1.5, "1,5"), (12, "12"), ([1, 2], "1, 2"), ([], "–"),
        ({"n": 1, "p": None}, "jumlah 1; nilai (0–1) –"),
        ({"name": "DLH", "index": {"value": 1, "low": 2}}, "nama DLH; Indeks tanggapan: 2 angka"),
    ],
)  # fmt: skip
def test_values_are_told_as_people_read_them(value: Any, said: str) -> None:
    assert told(value) == said
