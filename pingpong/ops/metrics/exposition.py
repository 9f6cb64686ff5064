"""All that `/metrics` shows: of this gunicorn, of the cluster, and how things stand just now."""

from collections.abc import Iterator
from typing import Any

import structlog
from flask import current_app
from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from pingpong.extensions import redis
from pingpong.metrics.counters import LEVELS
from pingpong.metrics.metric import Gauge, Metric, Reading, Survey
from pingpong.ops.health import BESIDE, Check, NotReady, all_checks, run_checks
from pingpong.ops.metrics import cluster, web

log = structlog.get_logger(__name__)

UP = Gauge("pingpong_up", "0 for a part that `/readyz` calls down.", ("part",))
SUCCESS = Gauge(
    "pingpong_survey_success", "0 where nobody answered in time: its gauges are missing.", ("survey",)
)
OURS = (UP, SUCCESS)

TOTALS = "totals"
PART, SURVEY = "part ", "survey "

_EMPTY: dict[str, type[CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
}


class Exposition:
    """What there is to be told at one moment, as a collector of prometheus_client."""

    def __init__(self, surveys: list[Survey]) -> None:
        self._surveys = surveys
        self._states = run_checks(_questions(surveys), beside={PART + name for name in BESIDE})

    def collect(self) -> Iterator[Family]:
        """Each metric once. One that nobody could be asked for has no series, but says what it means."""
        shown = {family.name: family for family in web.collect()}
        for metric in web.DECLARED:
            yield shown.get(metric.name.removesuffix("_total"), _empty(metric))
        told: cluster.Told = self._states[SURVEY + TOTALS].get("told", cluster.Told())
        yield from cluster.families(told)
        for gauge in LEVELS:
            yield cluster.gauge_family(gauge, told.levels)
        yield from self._surveyed()

    def _surveyed(self) -> Iterator[Family]:
        yield cluster.gauge_family(UP, self._readings(UP, PART))
        yield cluster.gauge_family(SUCCESS, self._readings(SUCCESS, SURVEY))
        for survey in self._surveys:
            readings = self._states[SURVEY + survey.name].get("readings", [])
            for gauge in survey.gauges:
                yield cluster.gauge_family(gauge, readings)

    def _readings(self, gauge: Gauge, prefix: str) -> Iterator[Reading]:
        for name, state in self._states.items():
            if name.startswith(prefix):
                yield gauge.at(state["status"] != "down", **{gauge.labels[0]: name.removeprefix(prefix)})


def all_surveys() -> list[Survey]:
    """Those of all features."""
    surveys: list[Survey] = current_app.extensions["surveys"]
    return surveys


def _questions(surveys: list[Survey]) -> dict[str, Check]:
    """All that is asked of Redis and Postgres, at the same time."""
    questions: dict[str, Check] = {PART + name: check for name, check in all_checks().items()}
    questions.update({SURVEY + survey.name: _ask(survey) for survey in surveys})
    return {**questions, SURVEY + TOTALS: lambda: {"told": cluster.ask(redis)}}


def _ask(survey: Survey) -> Check:
    def ask() -> dict[str, Any]:
        try:
            return {"readings": list(survey.ask())}
        except (SQLAlchemyError, RedisError, OSError):
            raise
        except Exception as error:  # the boundary of one survey: a fault in it hides none of the others
            log.exception("survey_broke", survey=survey.name)
            raise NotReady("It is broken.") from error

    return ask


def _empty(metric: Metric) -> Family:
    return _EMPTY[metric.type](metric.name, metric.help, labels=metric.labels)
