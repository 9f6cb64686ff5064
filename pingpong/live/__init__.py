"""How news travels: published after the commit, carried by Redis, fanned out by each web process' hub."""

from pingpong.feature import Feature
from pingpong.live.routes import blueprint

FEATURE = Feature(blueprints=[blueprint])
