"""Score gauges, read from the database at scrape time, and the latency of the whole pipeline."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import Connection

from services.scoring.ports import ObserveLatency
from shared.clock import Clock
from shared.db.read.directory import Directory
from shared.db.read.scores import load_region
from shared.metrics import ACCEPT_TO_SCORE_SECONDS
from shared.scores.windows import Window

_ASPECT = "e"
_FOLLOW_UP = "28"


@dataclass(frozen=True, slots=True)
class ScoreGauges:
    """One reading: label values with the figure."""

    index: list[tuple[str, str, float]] = field(default_factory=list)
    aspects: list[tuple[str, str, float]] = field(default_factory=list)
    bounds: list[tuple[str, str, float]] = field(default_factory=list)
    levels: list[tuple[str, float]] = field(default_factory=list)
    skm: list[tuple[str, float]] = field(default_factory=list)
    ipp: list[tuple[str, float]] = field(default_factory=list)
    ipp_bounds: list[tuple[str, str, float]] = field(default_factory=list)


def latency_observer(clock: Clock) -> ObserveLatency:
    """Observes how long a submission took from acceptance to its place in the score."""

    def observe(received_at: datetime) -> None:
        taken = (clock.now() - received_at).total_seconds()
        ACCEPT_TO_SCORE_SECONDS.observe(max(taken, 0.0))

    return observe


def score_reader(clock: Clock) -> Callable[[Connection], ScoreGauges]:
    """Reads the gauges of every region."""

    def read(conn: Connection) -> ScoreGauges:
        return read_gauges(conn, clock.now())

    return read


def read_gauges(conn: Connection, now: datetime) -> ScoreGauges:
    """The newest figures of every OPD; what is not known is left out."""
    directory = Directory.load(conn)
    gauges = ScoreGauges()
    for region in directory.regions:
        for window in Window:
            scores = load_region(conn, region.code, now, window=window, directory=directory)
            gauges.index.extend(
                (code, window.value, float(found.value))
                for code, found in scores.indexes.items()
                if found.n
            )
            if window is Window.DAYS_90:
                _add_region(gauges, region.code, scores.region_document())
    return gauges


def _add_region(gauges: ScoreGauges, region: str, document: dict[str, Any]) -> None:
    ipp = document["pekppp"]["ipp"]
    if ipp["value"] is not None:
        gauges.ipp.append((region, ipp["value"]))
    if ipp["units"]:
        gauges.ipp_bounds.extend((region, bound, ipp[bound]) for bound in ("low", "high"))
    for entry in document["opds"]:
        opd, pekppp = entry["opd"], entry["pekppp"]
        aspect = pekppp["aspect_e"]
        gauges.aspects.extend(
            (opd, code, found["value"])
            for code, found in pekppp["aspects"].items()
            if found["value"] is not None
        )
        gauges.bounds.extend((opd, bound, aspect[bound]) for bound in ("low", "high"))
        if (level := aspect["indicators"][_FOLLOW_UP]["level"]) is not None:
            gauges.levels.append((opd, level))
        if entry["skm"]["ikm"] is not None:
            gauges.skm.append((opd, entry["skm"]["ikm"]))


def score_metrics(value: ScoreGauges) -> Iterable[Metric]:
    """The gauges as Prometheus reads them."""
    index = GaugeMetricFamily(
        "tanggap_responsiveness_index",
        "Responsiveness index (0 to 100) of OPDs that did or missed a step in the window.",
        labels=["opd", "window"],
    )
    for opd, window, figure in value.index:
        index.add_metric([opd, window], figure)
    skm = GaugeMetricFamily(
        "tanggap_skm_ikm", "IKM (25 to 100) of the last 90 days.", labels=["opd"]
    )
    for opd, figure in value.skm:
        skm.add_metric([opd], figure)
    return [index, *_pekppp_metrics(value), skm, *_ipp_metrics(value)]


def _ipp_metrics(value: ScoreGauges) -> Iterable[Metric]:
    ipp = GaugeMetricFamily(
        "tanggap_ipp_nowcast",
        "Estimated IPP (0 to 5) of the region, once that of every unit of locus nasional is known.",
        labels=["region"],
    )
    for region, figure in value.ipp:
        ipp.add_metric([region], figure)
    bounds = GaugeMetricFamily(
        "tanggap_ipp_nowcast_bound",
        "Lowest and highest value that the region's IPP can have while inputs are unknown.",
        labels=["region", "bound"],
    )
    for region, bound, figure in value.ipp_bounds:
        bounds.add_metric([region, bound], figure)
    return [ipp, bounds]


def _pekppp_metrics(value: ScoreGauges) -> Iterable[Metric]:
    aspect = GaugeMetricFamily(
        "tanggap_pekppp_aspect",
        "Estimated PEKPPP aspect (0 to 5) of the running year, once every input of it is known.",
        labels=["opd", "aspect"],
    )
    for opd, code, figure in value.aspects:
        aspect.add_metric([opd, code], figure)
    bounds = GaugeMetricFamily(
        "tanggap_pekppp_aspect_bound",
        "Lowest and highest value that the aspect can have while indicators are unknown.",
        labels=["opd", "aspect", "bound"],
    )
    for opd, bound, figure in value.bounds:
        bounds.add_metric([opd, _ASPECT, bound], figure)
    level = GaugeMetricFamily(
        "tanggap_pekppp_level",
        "Level (0 to 5) of an indicator in the running year: computed, or as an evaluator set it.",
        labels=["opd", "indicator"],
    )
    for opd, reached in value.levels:
        level.add_metric([opd, _FOLLOW_UP], reached)
    return [aspect, bounds, level]
