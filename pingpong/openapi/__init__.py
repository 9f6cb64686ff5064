"""The API's description: what a route takes and answers is declared beside it, and shown to all."""

from pingpong.feature import Feature
from pingpong.openapi.routes import blueprint

FEATURE = Feature(blueprints=[blueprint])
