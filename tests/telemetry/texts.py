"""What people wrote in these tests, and must be in nothing that leaves."""

import json
from urllib.parse import quote

from tests.api_client import ApiClient
from tests.people import PASSWORD
from tests.telemetry.receiver import Received

TEXT = "Zaunkönig-4711"
TOKEN = "tokenzeisig0815"


def written_in(received: Received, person: ApiClient) -> list[str]:
    """What may be in no byte received, and is."""
    everything = received.everything().decode(errors="replace")
    texts = (TEXT, json.dumps(TEXT)[1:-1], quote(TEXT), TOKEN, PASSWORD, person.email, person.access)
    return [text for text in texts if text in everything]
