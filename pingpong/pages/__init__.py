"""What spans features: the history, the error pages and the frame around every page."""

from pingpong.feature import Feature
from pingpong.pages.history import blueprint

FEATURE = Feature(blueprints=[blueprint])
