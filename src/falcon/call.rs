//! What can be asked of Falcon: each [`Call`] is a value that knows its method, path and body.

use std::fmt;

use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::{Value, json};

/// The most alerts in one call; one more gets 413 from Falcon.
pub const MOST_ALERTS: usize = 1_000;

/// The most incidents in one call.
pub const MOST_INCIDENTS: usize = 5_000;

/// The longest id that is sent, in bytes. Falcon's own stay below 300.
const LONGEST_ID: usize = 1_024;

/// An object in Falcon, by the id that its API takes. Each is data: it travels in a body, never in a path or header.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $nothing:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes an id from outside.
            ///
            /// # Errors
            /// Says why no Falcon id looks like this.
            pub fn new(id: &str) -> Result<$name> {
                check_id(id).map(|()| $name(id.to_owned()))
            }

            /// An id of the right shape that no tenant has.
            fn of_nothing() -> $name {
                $name($nothing.to_owned())
            }

            /// The id, as Falcon writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// An alert's id: `<cid>:<type>:…`.
    CompositeId, "00000000000000000000000000000000:ind:00000000000000000000000000000000:0-0-0"
}
id! {
    /// An incident's id: `inc:<aid>:<id>`.
    IncidentId, "inc:00000000000000000000000000000000:0"
}
id! {
    /// An NG-SIEM case's opaque id; not its `reference_id` (`ABC-1234`), which is for people.
    CaseId, "MDAwMDAwMDAwMDAwMDAwMA"
}

fn check_id(id: &str) -> Result<()> {
    let shown = || id.chars().take(40).map(|c| if c.is_ascii_graphic() { c } else { '\u{fffd}' }).collect::<String>();
    if id.len() > LONGEST_ID {
        bail!("the id {:?}… is {} bytes long; no Falcon id is longer than {LONGEST_ID}", shown(), id.len());
    }
    if let Some(strange) = id.chars().find(|c| !c.is_ascii_graphic()) {
        bail!("the id {:?} holds the character U+{:04X}, which no Falcon id has", shown(), strange as u32);
    }
    Ok(())
}

impl CompositeId {
    /// Whether this text has the shape `<cid>:<type>:<rest>` of a composite id, as no other alert's reference has.
    #[must_use]
    pub fn is_shape_of(text: &str) -> bool {
        let mut parts = text.splitn(3, ':');
        let (Some(cid), Some(kind), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let (customer, checksum) = cid.split_once('-').unwrap_or((cid, "00"));
        customer.len() == 32
            && customer.chars().all(|c| c.is_ascii_alphanumeric())
            && checksum.len() == 2
            && word(checksum)
            && word(kind)
            && !rest.is_empty()
            && !rest.contains([',', ';'])
            && check_id(text).is_ok()
    }

    /// Whether this is a detection's id from the API that ended on 2025-09-30, which the alerts API refuses.
    #[must_use]
    pub fn is_legacy_detection(&self) -> bool {
        self.0.starts_with("ldt:")
    }
}

/// The status that an alert, incident or case is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody has taken it up.
    New,
    /// Somebody works on it.
    InProgress,
    /// The work is done.
    Closed,
}

impl Status {
    /// The word that alerts and cases have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::New => "new",
            Status::InProgress => "in_progress",
            Status::Closed => "closed",
        }
    }

    /// The number that incidents have for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Status::New => "20",
            Status::InProgress => "30",
            Status::Closed => "40",
        }
    }
}

/// What a call changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// An alert, which the console and older documents call a detection.
    Alert,
    /// An incident, retired on 2026-03-09.
    Incident,
    /// A case of Next-Gen SIEM.
    Case,
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Target::Alert => "alert",
            Target::Incident => "incident",
            Target::Case => "case",
        })
    }
}

/// One call to Falcon's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `PATCH /alerts/entities/alerts/v3`; at most [`MOST_ALERTS`] ids.
    UpdateAlerts {
        /// Which alerts.
        ids: Vec<CompositeId>,
        /// Their new status.
        status: Status,
    },
    /// `POST /incidents/entities/incident-actions/v1`; at most [`MOST_INCIDENTS`] ids.
    UpdateIncidents {
        /// Which incidents.
        ids: Vec<IncidentId>,
        /// Their new status.
        status: Status,
    },
    /// `PATCH /cases/entities/cases/v2`; Falcon takes one case a call.
    UpdateCase {
        /// Which case.
        id: CaseId,
        /// Its new status.
        status: Status,
    },
}

impl Call {
    /// The update of something that no tenant has: it asks for a scope and changes nothing.
    #[must_use]
    pub fn of_nothing(target: Target) -> Call {
        let status = Status::New;
        match target {
            Target::Alert => Call::UpdateAlerts { ids: vec![CompositeId::of_nothing()], status },
            Target::Incident => Call::UpdateIncidents { ids: vec![IncidentId::of_nothing()], status },
            Target::Case => Call::UpdateCase { id: CaseId::of_nothing(), status },
        }
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Call::UpdateAlerts { .. } | Call::UpdateCase { .. } => Method::PATCH,
            Call::UpdateIncidents { .. } => Method::POST,
        }
    }

    /// The path, below the base URL.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Call::UpdateAlerts { .. } => "/alerts/entities/alerts/v3",
            Call::UpdateIncidents { .. } => "/incidents/entities/incident-actions/v1",
            Call::UpdateCase { .. } => "/cases/entities/cases/v2",
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> Value {
        let update_status = |value| json!([{"name": "update_status", "value": value}]);
        match self {
            Call::UpdateAlerts { .. } => {
                json!({"composite_ids": self.ids(), "action_parameters": update_status(self.status())})
            }
            Call::UpdateIncidents { .. } => {
                json!({"ids": self.ids(), "action_parameters": update_status(self.status())})
            }
            // The fields must nest: to a flat body Falcon answers 200 and changes nothing.
            Call::UpdateCase { id, .. } => json!({"id": id.as_str(), "fields": {"status": self.status()}}),
        }
    }

    /// The ids of what the call changes.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        match self {
            Call::UpdateAlerts { ids, .. } => ids.iter().map(CompositeId::as_str).collect(),
            Call::UpdateIncidents { ids, .. } => ids.iter().map(IncidentId::as_str).collect(),
            Call::UpdateCase { id, .. } => vec![id.as_str()],
        }
    }

    /// The new status, as it stands in the body.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Call::UpdateAlerts { status, .. } | Call::UpdateCase { status, .. } => status.word(),
            Call::UpdateIncidents { status, .. } => status.code(),
        }
    }

    /// What the call changes.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Call::UpdateAlerts { .. } => Target::Alert,
            Call::UpdateIncidents { .. } => Target::Incident,
            Call::UpdateCase { .. } => Target::Case,
        }
    }
}
