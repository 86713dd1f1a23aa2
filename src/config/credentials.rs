//! As whom to come: the job's credentials, or at a shell the environment's.

use anyhow::{Context, Result, bail};
use oauth2::{ClientId, ClientSecret, Scope};

use super::Config;
use super::item::{self, Item};
use crate::falcon::{Credentials, MemberCid};
use crate::secret::Secrets;

impl Config<'_> {
    /// Whether the job has credentials of its own. Where it has not, the environment's serve.
    pub(super) fn has_credentials(&self) -> Result<bool> {
        Ok(self.values.text(item::CLIENT_ID)?.is_some() || self.values.text(item::CLIENT_SECRET)?.is_some())
    }

    pub(super) fn credentials(&self, secrets: &Secrets) -> Result<Credentials> {
        let variable = |name| self.environment.first(&[name]);
        let own = self.has_credentials()?;
        let (id, secret) = if own {
            (self.values.text(item::CLIENT_ID)?, self.values.text(item::CLIENT_SECRET)?)
        } else {
            (variable("FALCON_CLIENT_ID"), variable("FALCON_CLIENT_SECRET"))
        };
        let (id, secret) = both(id, secret, own)?;
        secrets.learn(&secret);
        secrets.learn_pair(&id, &secret);
        Ok(Credentials {
            client_id: ClientId::new(id),
            client_secret: ClientSecret::new(secret),
            member_cid: self.member_cid()?,
            scopes: self.values.texts(item::SCOPE)?.into_iter().map(Scope::new).collect(),
        })
    }

    /// Returns the CID of the child tenant: the job's, or at a shell the environment's if the job has no credentials either.
    fn member_cid(&self) -> Result<Option<MemberCid>> {
        let is_for_the_environment = !self.has_credentials()?;
        let variable = self.environment.first(&[MEMBER_CID_VARIABLE]).filter(|_| is_for_the_environment);
        let (place, text) = match (self.values.text(item::MEMBER_CID)?, variable) {
            (Some(text), _) => (format!("the configuration item {}", item::MEMBER_CID.name), text),
            (None, Some(text)) => (format!("the environment variable {MEMBER_CID_VARIABLE}"), text),
            (None, None) => return Ok(None),
        };
        // The value stays out of the message: it may be a secret in the wrong field.
        let cid = MemberCid::parse(&text).with_context(|| {
            format!("{place} is not a CID; expected the child tenant's CID as Falcon's console shows it: 32 hexadecimal digits, with or without a checksum such as -E8")
        })?;
        Ok(Some(cid))
    }
}

const MEMBER_CID_VARIABLE: &str = "FALCON_MEMBER_CID";

/// The environment is named only where it counts: a job with half of its credentials gets no other half from it.
fn both(id: Option<String>, secret: Option<String>, own: bool) -> Result<(String, String)> {
    let named = |item: Item, variable: &'static str| (item.name, variable);
    let missing = match (id, secret) {
        (Some(id), Some(secret)) => return Ok((id, secret)),
        (None, Some(_)) => vec![named(item::CLIENT_ID, "FALCON_CLIENT_ID")],
        (Some(_), None) => vec![named(item::CLIENT_SECRET, "FALCON_CLIENT_SECRET")],
        (None, None) => {
            vec![named(item::CLIENT_ID, "FALCON_CLIENT_ID"), named(item::CLIENT_SECRET, "FALCON_CLIENT_SECRET")]
        }
    };
    let (items, variables): (Vec<&str>, Vec<&str>) = missing.into_iter().unzip();
    let (is, it, plural) = if items.len() == 1 { ("is", "it", "") } else { ("are", "them", "s") };
    let or_variables = if own {
        String::new()
    } else {
        format!(", or at a shell the environment variable{plural} {}", variables.join(" and "))
    };
    bail!(
        "the configuration item{plural} {} {is} missing; set {it} in Cortex (Organization → Responders){or_variables}",
        items.join(" and ")
    )
}
