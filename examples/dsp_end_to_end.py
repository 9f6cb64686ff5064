"""A campaign, its 3 ad groups and their 12 creatives, sent to the third party and followed to the end.

    python examples/dsp_end_to_end.py [http://localhost:8000] [--email EMAIL --password PASSWORD]

The third party takes 40 requests a minute, and this needs 32 at least: to send each, and to ask about each.
Exit codes: 0 if all were completed, 1 if not, 2 for a bad option.
Needs `pip install requests`, and nothing of pingpong's own.
"""

import argparse
import sys
import time
import uuid
from urllib.parse import urlencode

import requests

AD_GROUPS = 3
CREATIVES_EACH = 4
LOOK_EVERY_S = 2
WAITS_S = 30
UNDER_WAY = {"pending", "submitted"}


def main() -> int:
    """Log in, send the graph, and print what becomes of it."""
    options = parse()
    http = requests.Session()
    try:
        log_in(http, options)
        made = ask(http, "POST", f"{options.url}/api/dsp/entities/", {"entities": graph()})["entities"]
        statuses = follow(http, options.url, {entity["id"] for entity in made})
    except requests.RequestException as error:
        sys.exit(f"{options.url} cannot be reached: {error}")
    completed = statuses.count("completed")
    print(f"{completed} of {len(made)} completed")
    return 0 if completed == len(made) else 1


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", nargs="?", default="http://localhost:8000", help="where pingpong answers")
    parser.add_argument("--email", help="of an account; without one, a new one is made")
    parser.add_argument("--password", help="its password")
    options = parser.parse_args()
    if bool(options.email) != bool(options.password):
        parser.error("--email and --password go together")
    return options


def log_in(http: requests.Session, options: argparse.Namespace) -> None:
    """Have all further requests made by this person."""
    credentials = {"email": options.email, "password": options.password}
    if not options.email:
        credentials = {"email": f"dsp-{uuid.uuid4().hex}@example.com", "password": "correct horse battery"}
        ask(http, "POST", f"{options.url}/api/users/register/", credentials)
    access = ask(http, "POST", f"{options.url}/api/users/login/", credentials)["access"]
    http.headers["Authorization"] = f"Bearer {access}"


def graph() -> list[dict]:
    """Sixteen entities; each is sent when its parent is completed, with the id that the parent got."""
    campaign = {"ref": "campaign-1", "entity_type": "campaign", "payload": {"name": "Spring"}}
    entities = [campaign]
    for number in range(1, AD_GROUPS + 1):
        group = child(campaign, "ad_group", f"ad-group-{number}", "campaign_id")
        creatives = [
            child(group, "creative", f"creative-{number}-{letter}", "ad_group_id")
            for letter in "abcdefgh"[:CREATIVES_EACH]
        ]
        entities += [group, *creatives]
    return entities


def child(parent: dict, entity_type: str, ref: str, field: str) -> dict:
    """An entity that needs its parent's id, which nobody knows yet."""
    return {
        "ref": ref,
        "entity_type": entity_type,
        "payload": {"name": ref, field: {"$ref": f"{parent['ref']}.remote_id"}},
        "depends_on": [f"@{parent['ref']}"],
    }


def follow(http: requests.Session, url: str, ids: set[str]) -> list[str]:
    """Print each change until nothing changes by itself any more; return the last statuses."""
    began = time.monotonic()
    seen: dict[str, tuple] = {}
    while True:
        entities = listed(http, url, ids)
        for entity in sorted(entities, key=lambda entity: entity["ref"]):
            now = (entity["status"], entity["blocked_reason"] or entity["last_error"] or "")
            if seen.get(entity["id"]) != now:
                seen[entity["id"]] = now
                line = f"{time.monotonic() - began:6.1f} s  {entity['ref']:<14} {' '.join(now)}"
                print(line.rstrip(), flush=True)
        statuses = [entity["status"] for entity in entities]
        if not UNDER_WAY.intersection(statuses):  # what still waits then, waits for something that has failed
            return statuses
        time.sleep(LOOK_EVERY_S)


def listed(http: requests.Session, url: str, ids: set[str]) -> list[dict]:
    """Those of one's entities, which are the newest unless there are others by now."""
    found: list[dict] = []
    query = {"limit": "100"}
    while len(found) < len(ids):
        page = ask(http, "GET", f"{url}/api/dsp/entities/?{urlencode(query)}")
        found += [entity for entity in page["items"] if entity["id"] in ids]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    return found


def ask(http: requests.Session, method: str, url: str, body: dict | None = None) -> dict:
    """Send JSON and read JSON; comes back if told to; ends with the server's own words if it refuses."""
    response = http.request(method, url, json=body, timeout=WAITS_S)
    while response.status_code in {429, 503}:
        time.sleep(int(response.headers.get("Retry-After", LOOK_EVERY_S)))
        response = http.request(method, url, json=body, timeout=WAITS_S)
    if not response.ok:
        sys.exit(response.json()["error"]["message"])
    return response.json()


if __name__ == "__main__":
    sys.exit(main())
