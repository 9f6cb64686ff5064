"""Looking into the event log: the page of administrators, the same as JSON, and `flask eventlog`."""

from pingpong.ops.eventlog import api, pages, shell

BLUEPRINTS = (api.blueprint, pages.blueprint, shell.blueprint)
