//! As whom to come: the job's credentials, or at a shell the environment's.

use anyhow::{Result, bail};
use oauth2::{ClientId, ClientSecret, Scope};

use super::Config;
use super::item::{self, Item};
use crate::falcon::Credentials;
use crate::secret::Secrets;

impl Config<'_> {
    /// Whether the job has credentials of its own. Where it has not, the environment's serve.
    pub(super) fn has_credentials(&self) -> Result<bool> {
        Ok(self.values.text(item::CLIENT_ID)?.is_some() || self.values.text(item::CLIENT_SECRET)?.is_some())
    }

    pub(super) fn credentials(&self, secrets: &Secrets) -> Result<Credentials> {
        let variable = |name| self.environment.first(&[name]);
        let own = self.has_credentials()?;
        let (id, secret, member_cid) = if own {
            (self.values.text(item::CLIENT_ID)?, self.values.text(item::CLIENT_SECRET)?, None)
        } else {
            (variable("FALCON_CLIENT_ID"), variable("FALCON_CLIENT_SECRET"), variable("FALCON_MEMBER_CID"))
        };
        let (id, secret) = both(id, secret, own)?;
        secrets.learn(&secret);
        secrets.learn_pair(&id, &secret);
        Ok(Credentials {
            client_id: ClientId::new(id),
            client_secret: ClientSecret::new(secret),
            member_cid: self.values.text(item::MEMBER_CID)?.or(member_cid),
            scopes: self.values.texts(item::SCOPE)?.into_iter().map(Scope::new).collect(),
        })
    }
}

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
