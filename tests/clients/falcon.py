"""Drives the mock Falcon with CrowdStrike's own client, each operation once: REQUESTS_CA_BUNDLE=ca.pem falcon.py URL

What the client cannot send, and what it cannot read, the mock gets wrong.
"""

import sys

from falconpy import Alerts, CaseManagement, Incidents, NGSIEM, OAuth2

ALERT = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:17219-10357-8210"
OTHER_ALERT = "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ngsiem:8f2e6d0c4b9a47e1b3d5f70912c4a6e8:5d0e3c7f42ab4a1e9a3b6c8d7e2f1904"
INCIDENT = "inc:3c1f5a7e9b2d4860a1c3e5f708192a3b:6b1d8f0e2c4a49d7"
USER = "21b6f0c4-0000-4000-8000-0000000000a1"


def body(answer, status=200):
    """The body of an answer with this status and without errors."""
    assert answer["status_code"] == status, answer
    assert not answer["body"].get("errors"), answer
    return answer["body"]


def resources(answer, status=200):
    return body(answer, status)["resources"]


def refused(answer, status):
    assert answer["status_code"] == status, answer
    assert answer["body"]["errors"][0]["message"], answer


def alerts(auth):
    falcon = Alerts(auth_object=auth)

    def read():
        [alert] = resources(falcon.get_alerts_v2(ALERT))
        return alert

    def update(**actions):
        affected = body(falcon.update_alerts_v3(ALERT, **actions))["meta"]["writes"]["resources_affected"]
        assert affected == 1, affected
        return read()

    assert update(update_status="closed")["status"] == "closed"
    tags = update(add_tag="ours:a")["tags"]
    assert "ours:a" in tags
    assert "ours:a" not in update(remove_tags_by_prefix="ours:").get("tags", [])
    update(add_tag="b")
    assert "b" not in update(remove_tag="b").get("tags", [])
    assert update(append_comment="seen")["comments"][-1]["value"] == "seen"
    assert update(assign_to_uuid=USER)["assigned_to_uuid"] == USER
    assert update(assign_to_user_id="ann@soc.example")["assigned_to_uid"] == "ann@soc.example"
    assert update(assign_to_name="Ann Analyst")["assigned_to_name"] == "Ann Analyst"
    unassigned = update(unassign="ignored")
    assert not any(unassigned[member] for member in ("assigned_to_uuid", "assigned_to_uid", "assigned_to_name"))

    assert update(show_in_ui="false")["show_in_ui"] is False
    hidden = falcon.get_alerts_v2(composite_ids=[ALERT, OTHER_ALERT], include_hidden=False)["body"]
    assert [alert["composite_id"] for alert in hidden["resources"]] == [OTHER_ALERT]
    assert ALERT not in resources(falcon.query_alerts_v2(include_hidden=False))
    assert update(show_in_ui="true", include_hidden=True)["show_in_ui"] is True

    assert resources(falcon.query_alerts_v2(filter="status:'closed'", sort="status|asc")) == [ALERT]
    for offset, alert in enumerate(resources(falcon.query_alerts_v2(limit=2))):
        page = body(falcon.query_alerts_v2(limit=1, offset=offset))
        assert page["resources"] == [alert]
        assert page["meta"]["pagination"] == {"offset": offset, "limit": 1, "total": 2}, page["meta"]
    refused(falcon.update_alerts_v3(ALERT, update_status="open"), 400)


def incidents(auth):
    falcon = Incidents(auth_object=auth)
    body(falcon.perform_incident_action(ids=[INCIDENT], update_status="30"))
    [incident] = resources(falcon.get_incidents(ids=[INCIDENT]))
    assert (incident["incident_id"], incident["status"]) == (INCIDENT, 30)
    assert resources(falcon.query_incidents(limit=1)) == [INCIDENT]


def cases(auth):
    falcon = CaseManagement(auth_object=auth)
    evidence = {"alerts": [{"id": ALERT}]}
    [case] = resources(falcon.create_case(name="Drive", description="By falconpy", severity=60, status="new",
                                          tags=["a"], evidence=evidence, assigned_to_user_uuid=USER), 201)
    case_id = case["id"]

    def read():
        [case] = resources(falcon.get_cases(ids=[case_id]))
        return case

    def update(**fields):
        [changed] = resources(falcon.update_case_fields(id=case_id, fields=fields))
        assert changed == read()
        return changed

    assert (case["name"], case["severity_info"]["level"], case["assigned_to"]["uuid"]) == ("Drive", "high", USER)
    assert update(status="in_progress")["status"] == "in_progress"
    assert update(name="Driven", description="", severity=10)["severity_info"]["level"] == "informational"
    assert update(remove_user_assignment=True)["assigned_to"]["uuid"] == ""
    assert update(template={"id": "template-7"})["template"]["id"] == "template-7"
    assert update(slas_active=True)["sla"]["active_timer_status"] == "running"
    fields = update(custom_fields=[{"id": "field-9", "values": ["x", "y"]}])["fields"]
    assert [field["values"] for field in fields if field["id"] == "field-9"] == [["x", "y"]]
    refused(falcon.update_case_fields(id=case_id, fields={"status": "closed"}, expected_version=1), 409)
    flat = falcon.update_case_fields(body={"id": case_id, "status": "closed"})
    assert flat["status_code"] == 200 and read()["status"] == "in_progress", "a flat body changes nothing"

    body(falcon.add_case_tags(id=case_id, tags=["b", "c"]))
    body(falcon.delete_case_tags(id=case_id, tag=["a", "b"]))
    assert read()["tags"] == ["c"]
    body(falcon.add_case_alert_evidence(id=case_id, alerts=[{"id": OTHER_ALERT}]))
    body(falcon.add_case_event_evidence(id=case_id, events=[{"id": "event-1"}]))
    alerts, events = (read()["evidence"][kind]["records"] for kind in ("alerts", "events"))
    assert [record.get("selector", record)["id"] for record in alerts] == [ALERT, OTHER_ALERT], alerts
    assert [record["id"] for record in events] == ["event-1"]

    assert case_id in resources(falcon.query_case_ids(filter="tags:'c'+status:'in_progress'", sort="name|asc"))
    assert len(resources(falcon.query_case_ids(limit=1))) == 1
    assert case_id in resources(falcon.query_case_ids(q="driven"))
    reference = falcon.get_cases(ids=[case["reference_id"]])["body"]
    assert not reference["resources"] and reference["errors"], "a reference is for people"


def searches(auth):
    falcon = NGSIEM(auth_object=auth)
    started = falcon.start_search(repository="search-all", query_string="#event_simpleName=*", start="1d", is_live=False)
    assert started["status_code"] == 200 and started["resources"]["hashedQueryOnView"], started
    search = {"repository": "search-all", "search_id": started["resources"]["id"]}
    state = body(falcon.get_search_status(**search))
    assert state["done"] and state["metaData"]["eventCount"] == len(state["events"]) > 0, state
    assert falcon.stop_search(**search)["status_code"] in (200, 204)
    assert falcon.get_search_status(**search)["status_code"] == 404


def tokens(auth):
    token = auth.token_value
    assert auth.revoke(token)["status_code"] == 200
    refused(Alerts(access_token=token, base_url=auth.base_url).query_alerts_v2(), 401)


def main():
    auth = OAuth2(client_id="5d41402abc4b2a76b9719d911017c592", client_secret="Zk8-fixture-only-secret-2Qw",
                  base_url=sys.argv[1])
    login = auth.login()
    assert login["status_code"] == 201, login
    for area in (alerts, incidents, cases, searches, tokens):
        area(auth)
        print(f"ok   falconpy: {area.__name__}")


if __name__ == "__main__":
    main()
