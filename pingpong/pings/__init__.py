"""Ping to pong: the first kind of task, its form and its pages."""

from pingpong.feature import Feature
from pingpong.pings import kind as kind
from pingpong.pings import pages, routes

FEATURE = Feature(blueprints=[routes.blueprint, pages.blueprint])
