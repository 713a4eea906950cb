"""Score gauges, read from the database at scrape time, and the latency of the whole pipeline."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

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

    index: tuple[tuple[str, str, float], ...]
    aspects: tuple[tuple[str, float | None, float, float], ...]
    levels: tuple[tuple[str, int], ...]
    skm: tuple[tuple[str, float], ...]
    ipp: tuple[tuple[str, float], ...]


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
    index: list[tuple[str, str, float]] = []
    aspects: list[tuple[str, float | None, float, float]] = []
    levels: list[tuple[str, int]] = []
    skm: list[tuple[str, float]] = []
    ipp: list[tuple[str, float]] = []
    for region in directory.regions:
        for window in Window:
            scores = load_region(conn, region.code, now, window=window, directory=directory)
            index += [
                (code, window.value, float(found.value))
                for code, found in scores.indexes.items()
                if found.n
            ]
            if window is not Window.DAYS_90:
                continue
            document = scores.region_document()
            if (nowcast := document["pekppp"]["ipp"]["value"]) is not None:
                ipp.append((region.code, nowcast))
            for entry in document["opds"]:
                aspect = entry["pekppp"]["aspect_e"]
                aspects.append((entry["opd"], aspect["value"], aspect["low"], aspect["high"]))
                if (level := aspect["indicators"][_FOLLOW_UP]["level"]) is not None:
                    levels.append((entry["opd"], level))
                if entry["skm"]["ikm"] is not None:
                    skm.append((entry["opd"], entry["skm"]["ikm"]))
    return ScoreGauges(tuple(index), tuple(aspects), tuple(levels), tuple(skm), tuple(ipp))


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
    ipp = GaugeMetricFamily(
        "tanggap_ipp_nowcast", "Estimated IPP (0 to 5) of the region.", labels=["region"]
    )
    for region, figure in value.ipp:
        ipp.add_metric([region], figure)
    return [index, *_pekppp_metrics(value), skm, ipp]


def _pekppp_metrics(value: ScoreGauges) -> Iterable[Metric]:
    aspect = GaugeMetricFamily(
        "tanggap_pekppp_aspect",
        "Estimated PEKPPP aspect (0 to 5) of the running year, once every indicator is known.",
        labels=["opd", "aspect"],
    )
    bounds = GaugeMetricFamily(
        "tanggap_pekppp_aspect_bound",
        "Lowest and highest value that the aspect can have while indicators are unknown.",
        labels=["opd", "aspect", "bound"],
    )
    for opd, known, low, high in value.aspects:
        if known is not None:
            aspect.add_metric([opd, _ASPECT], known)
        bounds.add_metric([opd, _ASPECT, "low"], low)
        bounds.add_metric([opd, _ASPECT, "high"], high)
    level = GaugeMetricFamily(
        "tanggap_pekppp_level",
        "Computed level (0 to 5) of an indicator in the running year.",
        labels=["opd", "indicator"],
    )
    for opd, reached in value.levels:
        level.add_metric([opd, _FOLLOW_UP], reached)
    return [aspect, bounds, level]
