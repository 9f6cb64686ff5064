"""A person who knows only the API, and talks to real processes."""

import uuid
from typing import Any

import requests

from tests.people import PASSWORD
from tests.waiting import wait_until


class ApiClient:
    """Registers and logs in when it is made."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.access = ""
        self.email = f"{uuid.uuid4().hex}@example.com"
        self.post("/api/users/register/", email=self.email, password=PASSWORD)
        self.log_in()

    def log_in(self) -> dict[str, Any]:
        self.access = ""
        answer = self.post("/api/users/login/", email=self.email, password=PASSWORD)
        self.access, self.refresh = answer["access"], answer["refresh"]
        return answer

    def post(self, path: str, **body: object) -> dict[str, Any]:
        response = requests.post(self.url + path, json=body, headers=self.headers, timeout=10)
        assert response.ok, response.text
        return response.json()

    def get(self, path: str) -> dict[str, Any]:
        return requests.get(self.url + path, headers=self.headers, timeout=10).json()

    def submit(self, kind: str, **params: object) -> str:
        return self.post(f"/api/tasks/{kind}/", **params)["task_id"]

    def result(self, task_id: str) -> dict[str, Any]:
        return self.get(f"/api/tasks/results/{task_id}/")

    def wait_for(self, task_id: str, status: str, within_s: float = 30) -> dict[str, Any]:
        wait_until(lambda: self.result(task_id)["status"] == status, within_s)
        return self.result(task_id)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"} if self.access else {}
