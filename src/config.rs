//! The responder's configuration items → what each room needs of them.
//!
//! Raw values are read once, here; every default stands once, in [`ITEMS`].

mod item;
mod network;

use std::time::Duration;

use anyhow::{Result, bail};
use oauth2::{ClientId, ClientSecret, Scope};
use serde_json::{Map, Value};

pub use item::{ITEMS, Item, Type};

use crate::environment::Environment;
use crate::falcon::{BaseUrl, Credentials, Settings, Trust, parse_url};
use crate::secret::Secrets;
use crate::service::{Service, sync};
use item::Items;

/// The job's configuration and what surrounds it.
#[derive(Clone, Copy)]
pub struct Config<'job> {
    raw: &'job Map<String, Value>,
    items: Items<'job>,
    environment: &'job Environment,
}

impl<'job> Config<'job> {
    /// The configuration items of a job, in this environment.
    #[must_use]
    pub fn new(raw: &'job Map<String, Value>, environment: &'job Environment) -> Config<'job> {
        Config { raw, items: Items(raw), environment }
    }

    /// The service that is asked for, with its own settings. A job that names none gets `sync`.
    ///
    /// # Errors
    /// Names the item that is wrong, and what was expected.
    pub fn service(&self) -> Result<Service> {
        match self.raw.get("service") {
            None | Some(Value::Null) => {}
            Some(name) if name == sync::NAME => {}
            Some(_) => bail!(
                "the job's config.service names no service of this responder; expected \"{}\". Correct the config of responder.json.",
                sync::NAME
            ),
        }
        Ok(Service::Sync(sync::Settings {
            alert_field: self.items.text_or_default(item::ALERT_FIELD)?,
            incident_field: self.items.text_or_default(item::INCIDENT_FIELD)?,
            case_field: self.items.text_or_default(item::CASE_FIELD)?,
            tag: Some(self.items.text_even_blank(item::SYNC_TAG)?).filter(|tag| !tag.is_empty()),
        }))
    }

    /// How to reach Falcon.
    ///
    /// # Errors
    /// Names the item that is missing or wrong, and what was expected; never its value where that may be secret.
    pub fn connection(&self, secrets: &Secrets) -> Result<Settings> {
        let credentials = self.credentials(secrets)?;
        let base_url = self.base_url()?;
        let token_url = match self.items.text(item::TOKEN_URL)? {
            Some(url) => Some(parse_url(item::TOKEN_URL.name, &url)?),
            None => None,
        };
        let called = [Some(base_url.join("")), token_url.clone()];
        let schemes: Vec<String> = called.into_iter().flatten().map(|url| url.scheme().to_owned()).collect();
        Ok(Settings {
            base_url,
            token_url,
            credentials,
            trust: Trust {
                verify: self.items.switch(item::VERIFY_SSL)?,
                extra: network::certificates(self.raw, self.environment),
            },
            proxies: network::proxies(self.raw, self.environment, secrets, &schemes)?,
            budget: self.budget()?,
        })
    }

    /// What every report of this job is to warn of.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let unverified = matches!(self.items.switch(item::VERIFY_SSL), Ok(false));
        let warning = "verify_ssl is off: anybody on the way to Falcon can pose as it and read the API client's secret. Turn it on again in Cortex.";
        unverified.then(|| warning.to_owned()).into_iter().collect()
    }

    /// Whether the job has credentials of its own. Where it has not, the environment's serve.
    fn has_credentials(&self) -> Result<bool> {
        Ok(self.items.text(item::CLIENT_ID)?.is_some() || self.items.text(item::CLIENT_SECRET)?.is_some())
    }

    fn credentials(&self, secrets: &Secrets) -> Result<Credentials> {
        let variable = |name| self.environment.first(&[name]).map(str::to_owned);
        let own = self.has_credentials()?;
        let (id, secret, member_cid) = if own {
            (self.items.text(item::CLIENT_ID)?, self.items.text(item::CLIENT_SECRET)?, None)
        } else {
            (variable("FALCON_CLIENT_ID"), variable("FALCON_CLIENT_SECRET"), variable("FALCON_MEMBER_CID"))
        };
        let id = present(item::CLIENT_ID, own, "FALCON_CLIENT_ID", id)?;
        let secret = present(item::CLIENT_SECRET, own, "FALCON_CLIENT_SECRET", secret)?;
        secrets.learn(&secret);
        secrets.learn_pair(&id, &secret);
        Ok(Credentials {
            client_id: ClientId::new(id),
            client_secret: ClientSecret::new(secret),
            member_cid: self.items.text(item::MEMBER_CID)?.or(member_cid),
            scopes: self.items.texts(item::SCOPE)?.into_iter().map(Scope::new).collect(),
        })
    }

    /// Where Falcon is. Credentials of the job never go to a host that only the environment names.
    ///
    /// # Errors
    /// Says what is wrong with it, and lists the clouds.
    pub fn base_url(&self) -> Result<BaseUrl> {
        if let Some(configured) = self.items.text(item::BASE_URL)? {
            return BaseUrl::parse(&configured);
        }
        let surrounding = self.environment.first(&["FALCON_CLOUD", "FALCON_BASE_URL"]);
        match surrounding.filter(|_| matches!(self.has_credentials(), Ok(false))) {
            Some(surrounding) => BaseUrl::parse(surrounding),
            None => BaseUrl::parse(&self.items.text_or_default(item::BASE_URL)?),
        }
    }

    /// `timeout_seconds`, but never past nine tenths of the time after which Cortex stops the job (`jobTimeout`, in
    /// minutes): the report must be out by then.
    fn budget(&self) -> Result<Duration> {
        let wanted = Duration::from_secs(self.items.seconds(item::TIMEOUT_SECONDS)?);
        let limit = self.raw.get("jobTimeout").and_then(item::whole_number).filter(|minutes| *minutes > 0);
        Ok(limit.map_or(wanted, |minutes| wanted.min(Duration::from_secs(minutes.saturating_mul(60)).mul_f64(0.9))))
    }
}

/// The environment is named only where it counts: a job with half of its credentials gets no other half from it.
fn present(item: Item, own: bool, variable: &str, value: Option<String>) -> Result<String> {
    let or_variable = if own { String::new() } else { format!(", or at a shell the environment variable {variable}") };
    match value {
        Some(value) => Ok(value),
        None => bail!(
            "the configuration item {} is missing; set it in Cortex (Organization → Responders){or_variable}",
            item.name
        ),
    }
}
