//! Alerts of several tenants in one request: a token reaches those of one.

use super::{linked, refusing, statuses};
use crate::common::ALERT;
use crate::common::kinds::AN_ALERT;
use crate::confirmation::respond;

/// So many alerts of each of so many tenants in turn; the token reaches those of the first.
fn interleaved(tenants: usize, each: usize) -> Vec<String> {
    let ours = &ALERT[..32];
    let cid = |tenant: usize| if tenant == 0 { ours.to_owned() } else { format!("{tenant:032x}") };
    let alert = |number: usize, tenant: usize| format!("{}:ind:{tenant:032x}:{number}-1-1", cid(tenant));
    (0..each).flat_map(|number| (0..tenants).map(move |tenant| alert(number, tenant))).collect()
}

#[test]
fn a_refused_request_is_split_by_tenants_before_it_is_halved() {
    for tenants in [2, 3, 5] {
        let ids = interleaved(tenants, 200);
        let (ours, others): (Vec<&String>, Vec<&String>) = ids.iter().partition(|id| id.starts_with(&ALERT[..32]));
        let falcon = refusing(&others);
        let told = respond(linked(&AN_ALERT, &ids), &falcon).failure();
        assert!(statuses(&falcon, ours).iter().all(|done| *done), "{told}");
        assert!(statuses(&falcon, others).iter().all(|done| !*done), "{told}");
        let next = told.lines().find(|line| line.starts_with("Next: ")).expect("advice");
        assert!(next.contains("run one whose member_cid is the child's CID"), "{told}");
    }
}
