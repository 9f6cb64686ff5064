"""From an entity that is created to one that is completed at the third party."""

from pingpong.dsp.models import EntityAudit
from pingpong.dsp.states import EntityStatus
from pingpong.extensions import db
from tests.dsp.conftest import load, make_due


def test_a_graph_is_sent_in_its_order_and_followed_to_the_end(party, submit, turn):
    campaign, group, creative = submit(campaign=[], group=["campaign"], creative=["group"])

    for _ in range(12):
        turn()
        make_due()

    statuses = [load(one.id).status for one in (campaign, group, creative)]
    assert statuses == [EntityStatus.COMPLETED] * 3
    assert [asked.path for asked in party.asked if asked.method == "POST"] == ["/v1/campaign"] * 3
    assert [asked.body["name"] for asked in party.asked if asked.method == "POST"] == [
        "campaign",
        "group",
        "creative",
    ]
    assert db.session.query(EntityAudit).count() == 6
