"""The F-01 pack of one or more units as sheets of a file; from the report's JSON alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from shared.contracts.enums import SKMElement
from shared.scores.report_words import FOLLOW_UP, RULES, SOURCES, period_name
from tanggap.sheets.writing import Cell, Sheet

Report = Mapping[str, Any]
Row = list[Cell]
_SUMMARY = (
    "unit", "nama", "tahun", "per_tanggal", "kode", "aspek_e", "aspek_e_bawah", "aspek_e_atas",
    "ipp", "ipp_bawah", "ipp_atas", "mutu_ipp", "indeks", "indeks_bawah", "indeks_atas",
    "peringkat", "langkah", "diterima", "ditolak", "diarsipkan", "dibatalkan", "selesai_otomatis",
    "ikm", "jawaban_skm", "kasus_didaftar", "kasus_terbatas_tidak_didaftar",
)  # fmt: skip
_NO28 = (
    "unit", "hitungan", "masuk", "selesai", "bagian", "masuk_lapor", "selesai_lapor",
    "bagian_lapor", "tingkat", "menurut",
)  # fmt: skip
_INDICATOR = (
    "unit", "no", "indikator", "tingkat", "dihitung", "asal", "dari_tahun", "tanggal", "alasan",
    "bukti",
)  # fmt: skip
_REGISTER = (
    "unit", "tiket", "pemegang", "diterima", "jenis", "kategori", "saluran", "lapor", "status",
    "tenggat", "selesai", "dihitung_no28",
)  # fmt: skip
_FOLLOW_UP = (
    "unit", "entri", "pelaksana", "tahun_skm", "layanan", "unsur", "hasil_terbit", "temuan",
    "rencana", "penanggung_jawab", "tenggat", "dimulai", "selesai", "keadaan", "bukti",
)  # fmt: skip
_MONTHLY = (
    "unit", "bulan", "masuk", "jenis", "status", "saluran", "edisi_laporan", "ditandatangani",
    "sidik_jari",
)  # fmt: skip
_ELEMENTS = tuple(element.value for element in SKMElement)
_SKM = (
    "unit", "layanan", "ikm", "mutu", "jawaban", "sampel_minimum", "pengguna_setahun",
    "tanpa_token", *(f"nrr_{element}" for element in _ELEMENTS),
)  # fmt: skip


def sheets(reports: Sequence[Report], notes: Sequence[str]) -> list[Sheet]:
    """The seven sheets; `notes` stand above each, and above the register what it leaves out."""
    unlisted = sum(report["figures"]["unlisted"] for report in reports)
    left_out = f"{unlisted} kasus terbatas tidak didaftar."
    return [
        Sheet("ringkasan", _SUMMARY, [_summary(report) for report in reports], notes),
        Sheet("no28", _NO28, _rows(reports, _no28), notes),
        Sheet("indikator", _INDICATOR, _rows(reports, _indicators), notes),
        Sheet("register", _REGISTER, _rows(reports, _register), [*notes, left_out]),
        Sheet("tindak_lanjut", _FOLLOW_UP, _rows(reports, _followups), notes),
        Sheet("laporan_bulanan", _MONTHLY, _rows(reports, _monthly), notes),
        Sheet("skm", _SKM, _rows(reports, _skm), notes),
    ]


def _rows(reports: Iterable[Report], make: Any) -> Iterator[Row]:
    for report in reports:
        for row in make(report["figures"]):
            yield [report["scope"]["code"], *row]


def _summary(report: Report) -> Row:
    figures, scope, period = report["figures"], report["scope"], report["period"]
    aspect, ipp = figures["pekppp"]["aspect_e"], figures["pekppp"]["ipp"]
    index, shares, skm = figures["index"], figures["shares"], figures["skm"]
    return [
        scope["code"], scope["name"], int(period["name"]), _day(period["as_of"]), scope["kode"],
        aspect["value"], aspect["low"], aspect["high"],
        ipp["value"], ipp["low"], ipp["high"], ipp["grade"],
        index["value"], index["low"], index["high"], index["rank"], index["n"],
        shares["received"], shares["rejected"], shares["archived"], shares["withdrawn"],
        shares["auto_finished"], skm["ikm"], skm["n"],
        len(figures["register"]), figures["unlisted"],
    ]  # fmt: skip


def _no28(figures: Report) -> Iterator[Row]:
    counted, rest = figures["pekppp"]["no28"], figures["no28_without_auto"]
    said = (
        ("dengan selesai otomatis", counted, counted["computed"]),
        ("tanpa selesai otomatis", rest, rest["level"]),
    )
    for name, one, level in said:
        yield [
            name, one["received"], one["finished"], one["share"], one["lapor_received"],
            one["lapor_finished"], one["lapor_share"], level, RULES.get(one["rule"], one["rule"]),
        ]  # fmt: skip


def _indicators(figures: Report) -> Iterator[Row]:
    found = figures["survey_indicators"] | figures["pekppp"]["indicators"]
    for no in sorted(found, key=int):
        one = found[no]
        yield [
            int(no), one["name"], one["level"], one["computed"],
            SOURCES.get(one["source"], one["source"]), one["from_year"], _day(one["entered_on"]),
            one["reason"], _listed(one["evidence"]),
        ]  # fmt: skip


def _register(figures: Report) -> Iterator[Row]:
    cases = figures["register"].items()
    for ticket, one in sorted(cases, key=lambda found: (found[1]["received_on"], found[0])):
        yield [
            ticket, one["opd"], _day(one["received_on"]), one["kind"], one["category"],
            one["channel"], one["lapor"], one["status"], _day(one["due_on"]),
            _day(one["finished_on"]), one["counted"],
        ]  # fmt: skip


def _followups(figures: Report) -> Iterator[Row]:
    for number in sorted(figures["followups"], key=int):
        one = figures["followups"][number]
        yield [
            int(number), one["opd"], one["year"], one["service"], one["element"],
            _day(one["result_on"]), one["finding"], one["plan"], one["owner"], _day(one["due_on"]),
            _day(one["started_on"]), _day(one["done_on"]), FOLLOW_UP[one["state"]],
            _listed(one["evidence"]),
        ]  # fmt: skip


def _monthly(figures: Report) -> Iterator[Row]:
    for month, signed in sorted(figures["monthly_reports"].items()):
        counts = figures["counts"][month]
        row: Row = [
            period_name(month), counts["received"],
            *(_tally(counts[name]) for name in ("kind", "status", "channel")),
        ]  # fmt: skip
        if signed is None:
            yield [*row, None, None, None]
        else:
            yield [*row, signed["number"], _day(signed["signed_on"]), signed["sha256"]]


def _skm(figures: Report) -> Iterator[Row]:
    skm = figures["skm"]
    for name, one in (("semua layanan", skm), *skm["services"].items()):
        yield [
            name or "tanpa nama layanan", one["ikm"], one["grade"], one["n"], one["n_required"],
            one.get("population"), one["without_token"],
            *(one["nrr"].get(element) for element in _ELEMENTS),
        ]  # fmt: skip


def _tally(counts: Mapping[str, int]) -> str | None:
    return ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or None


def _listed(names: Sequence[str]) -> str | None:
    return ", ".join(names) or None


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None
