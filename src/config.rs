//! The responder's configuration items → what each room needs of them.
//!
//! Raw values are read once, here; every default stands once, in [`ITEMS`].

mod credentials;
pub(crate) mod item;
mod network;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Map, Value};
use url::Url;

pub use item::{DefaultValue, ITEMS, Item, Type};

use crate::environment::Environment;
use crate::falcon::{BaseUrl, Login, parse_url};
use crate::http::network::{Network, Trust};
use crate::http::url::parse_also_plain;
use crate::secret::Secrets;
use crate::thehive::api::{Address, ApiKey};
use item::Values;

/// In seconds.
const A_DAY: u64 = 86_400;

/// The most characters of the name of a TheHive.
const LONGEST_INSTANCE: usize = 20;

/// The job's configuration and what surrounds it.
#[derive(Clone, Copy)]
pub struct Config<'job> {
    raw: &'job Map<String, Value>,
    values: Values<'job>,
    environment: &'job Environment,
}

/// The custom fields that link an alert or case to Falcon, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// Alerts' composite ids.
    pub alert: String,
    /// Incidents' ids.
    pub incident: String,
    /// NG-SIEM cases' ids.
    pub case: String,
}

impl<'job> Config<'job> {
    /// The configuration items of a job, in this environment.
    #[must_use]
    pub fn new(raw: &'job Map<String, Value>, environment: &'job Environment) -> Config<'job> {
        Config { raw, values: Values(raw), environment }
    }

    /// Returns the service as the job names it; null if it names none.
    #[must_use]
    pub fn service(&self) -> &'job Value {
        self.raw.get("service").unwrap_or(&Value::Null)
    }

    /// The custom fields that link an alert or case to Falcon.
    ///
    /// # Errors
    /// Names the item that is wrong, and what was expected.
    pub fn fields(&self) -> Result<Fields> {
        Ok(Fields {
            alert: self.values.text_or_default(item::ALERT_FIELD)?,
            incident: self.values.text_or_default(item::INCIDENT_FIELD)?,
            case: self.values.text_or_default(item::CASE_FIELD)?,
        })
    }

    /// Returns the tag for a synchronised alert or case; `None` if it is turned off. It names the fact and not a state, because
    /// no operation of TheHive removes a tag.
    ///
    /// # Errors
    /// Returns an error if the value is not a string.
    pub fn tag(&self) -> Result<Option<String>> {
        self.values.text_unless_off(item::SYNC_TAG)
    }

    /// Returns the name of this TheHive, which tells its dedup tags from those of others on the same tenant.
    ///
    /// # Errors
    /// Returns an error if the value is not such a name.
    pub(crate) fn thehive_instance(&self) -> Result<Option<String>> {
        self.values.name(item::THEHIVE_INSTANCE, LONGEST_INSTANCE)
    }

    /// The custom field with the ids of events.
    ///
    /// # Errors
    /// Says that it is no text.
    pub(crate) fn event_field(&self) -> Result<String> {
        self.values.text_or_default(item::EVENT_FIELD)
    }

    /// The text of a service's own item, or its default; nothing where both are blank.
    ///
    /// # Errors
    /// Says that it is no text.
    pub(crate) fn text(&self, item: Item) -> Result<Option<String>> {
        Ok(Some(self.values.text_or_default(item)?).filter(|text| !text.is_empty()))
    }

    /// The entries of a service's own item, as they are.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn entries(&self, item: Item) -> Result<Vec<String>> {
        self.values.entries(item)
    }

    /// Whether a service's own item is switched on.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn switch(&self, item: Item) -> Result<bool> {
        self.values.switch(item)
    }

    /// The number of a service's own item, from 1 to this.
    ///
    /// # Errors
    /// Says what was expected.
    pub(crate) fn number(&self, item: Item, most: u64) -> Result<u64> {
        self.values.number(item, most)
    }

    /// Returns the choices of a service's own item, from its default.
    ///
    /// # Errors
    /// Names the entry that is not one of them.
    pub(crate) fn choices(&self, item: Item, secrets: &Secrets) -> Result<Vec<&'static str>> {
        self.values.choices(item, secrets)
    }

    /// Where Falcon is, and as whom to come. What is secret of it is added to `secrets`.
    ///
    /// # Errors
    /// Names the item that is missing or wrong, and what was expected; never its value where that may be secret.
    pub fn login(&self, secrets: &Secrets) -> Result<Login> {
        Ok(Login {
            credentials: self.credentials(secrets)?,
            base_url: self.base_url()?,
            token_url: self.token_url()?,
            token_cache: self.token_cache()?,
        })
    }

    /// How to get to where this login leads.
    ///
    /// # Errors
    /// Names the item that is wrong, and what was expected.
    pub fn network(&self, login: &Login, secrets: &Secrets) -> Result<Network> {
        let called = [Some(login.base_url.scheme()), login.token_url.as_ref().map(Url::scheme)];
        let schemes: Vec<&str> = called.into_iter().flatten().collect();
        Ok(Network {
            trust: Trust {
                verify: self.values.switch(item::VERIFY_SSL)?,
                extra: network::certificates(self.raw, self.environment),
            },
            proxies: network::proxies(self.raw, self.environment, secrets, &schemes)?,
            budget: self.budget()?,
        })
    }

    /// Where TheHive is, and with which key to come; nothing where neither is set. The key is added to `secrets`.
    ///
    /// # Errors
    /// Names the item that is missing or wrong, and what was expected.
    pub(crate) fn thehive(&self, secrets: &Secrets) -> Result<Option<Address>> {
        let (url, api_key) = (self.values.text(item::THEHIVE_URL)?, self.values.text(item::THEHIVE_API_KEY)?);
        if let Some(api_key) = &api_key {
            secrets.learn(api_key);
        }
        let (set, missing) = match (url, api_key) {
            (Some(url), Some(api_key)) => {
                let expected = "a URL such as https://thehive.example or http://thehive:9000";
                let url = parse_also_plain(item::THEHIVE_URL.name, &url, expected)?;
                return Ok(Some(Address { url, api_key: ApiKey(api_key), organisation: None }));
            }
            (None, None) => return Ok(None),
            (Some(_), None) => (item::THEHIVE_URL, item::THEHIVE_API_KEY),
            (None, Some(_)) => (item::THEHIVE_API_KEY, item::THEHIVE_URL),
        };
        let (set, missing) = (set.name, missing.name);
        bail!(
            "the configuration item {missing} is missing; set it in Cortex (Organization → Responders), or empty {set}, which is of no use without it"
        )
    }

    /// None where Falcon's certificate is not checked: anybody could have given that token.
    fn token_cache(&self) -> Result<Option<PathBuf>> {
        let directory = self.values.text(item::TOKEN_CACHE)?.map(PathBuf::from);
        Ok(directory.filter(|_| matches!(self.values.switch(item::VERIFY_SSL), Ok(true))))
    }

    fn token_url(&self) -> Result<Option<Url>> {
        let url = self.values.text(item::TOKEN_URL)?;
        url.map(|url| parse_url(item::TOKEN_URL.name, &url)).transpose()
    }

    /// Returns the warnings for every report of this job.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let unverified = matches!(self.values.switch(item::VERIFY_SSL), Ok(false));
        let warning = "verify_ssl is off: anybody on the way to Falcon can pose as it and read the API client's secret. Turn it on again in Cortex.";
        unverified.then(|| warning.to_owned()).into_iter().chain(network::warnings(self.raw)).collect()
    }

    /// Where Falcon is. Credentials of the job never go to a host that only the environment names.
    ///
    /// # Errors
    /// Says what is wrong with it, and lists the clouds.
    pub fn base_url(&self) -> Result<BaseUrl> {
        if let Some(configured) = self.values.text(item::BASE_URL)? {
            return BaseUrl::parse(&configured);
        }
        let surrounding = self.environment.first(&["FALCON_CLOUD", "FALCON_BASE_URL"]);
        match surrounding.filter(|_| matches!(self.has_credentials(), Ok(false))) {
            Some(surrounding) => BaseUrl::parse(&surrounding),
            None => BaseUrl::parse(&self.values.text_or_default(item::BASE_URL)?),
        }
    }

    /// Returns `timeout_seconds`, cut to nine tenths of `jobTimeout`, in minutes: a copy of the organisation's value from the day
    /// on which the responder was enabled. Cortex enforces the responder's own *Job timeout*, which a job does not show.
    fn budget(&self) -> Result<Duration> {
        let wanted = Duration::from_secs(self.values.number(item::TIMEOUT_SECONDS, A_DAY)?);
        let limit = self.raw.get("jobTimeout").and_then(item::whole_number).filter(|minutes| *minutes > 0);
        Ok(limit.map_or(wanted, |minutes| wanted.min(Duration::from_secs(minutes.saturating_mul(60)).mul_f64(0.9))))
    }
}
