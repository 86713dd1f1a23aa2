"""Drives the mock TheHive with TheHive's own client, each operation once: REQUESTS_CA_BUNDLE=ca.pem thehive.py URL

What the client cannot send, and what it cannot read, the mock gets wrong.
"""

import sys

from thehive4py import TheHiveApi
from thehive4py.errors import TheHiveError
from thehive4py.query.page import Paginate

API_KEY = "q7Rw3ZfT9xKb5VnJ2mHs8LcD4pGy6QaE"
CASE = "~41156"
ALERTS = ["~8360", "~8361"]


def refused(call, status):
    """The call fails with this HTTP status."""
    try:
        answer = call()
    except TheHiveError as error:
        assert error.response.status_code == status, error
        assert " - " in str(error), f"type and message: {error}"
    else:
        raise AssertionError(answer)


def entities(hive):
    case = hive.case.get(CASE)
    assert (case["_id"], case["_type"], case["number"], case["stage"]) == (CASE, "Case", 42, "InProgress"), case
    alert = hive.alert.get(ALERTS[0])
    assert (alert["_id"], alert["_type"], alert["caseId"], alert["stage"]) == (ALERTS[0], "Alert", CASE, "Imported"), alert
    assert [field["name"] for field in alert["customFields"]] == ["csfalcon-alert-id"], alert
    refused(lambda: hive.case.get("~1"), 404)
    refused(lambda: hive.alert.get(CASE), 404)


def queries(hive):
    def page(case, **bounds):
        return hive.query.run([{"_name": "getCase", "idOrName": case}, {"_name": "alerts"},
                               {"_name": "page", **Paginate(**bounds)}], exclude_fields=["description"])

    for case in (CASE, "42"):
        assert [alert["_id"] for alert in page(case, start=0, end=100)] == ALERTS
    [alert] = page(CASE, start=1, end=2)
    assert alert["_id"] == ALERTS[1] and "description" not in alert, alert
    assert page(CASE, start=2, end=3) == []
    refused(lambda: page("~1", start=0, end=1), 404)
    refused(lambda: hive.query.run([{"_name": "dropCase"}]), 400)


def keys(hive):
    refused(lambda: TheHiveApi(hive.session.hive_url, apikey="another").case.get(CASE), 401)
    hive.session_organisation = "another"
    refused(lambda: hive.case.get(CASE), 403)
    hive.session_organisation = "soc"
    assert hive.case.get(CASE)["_id"] == CASE


def main():
    hive = TheHiveApi(sys.argv[1], apikey=API_KEY)
    for area in (entities, queries, keys):
        area(hive)
        print(f"ok   thehive4py: {area.__name__}")


if __name__ == "__main__":
    main()
