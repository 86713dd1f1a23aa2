//! Falcon's side: what can be asked of it, and what its answers mean.
//!
//! A [`Call`] changes something and ends as an [`Outcome`]; a `Query` reads something. What the answer to a call means is
//! decided in one place, `judgement`.

mod advice;
pub mod alerts;
mod auth;
mod call;
pub mod cases;
mod clock;
mod cloud;
mod effect;
mod envelope;
mod headers;
mod held_token;
mod id;
pub mod incidents;
mod judgement;
mod learnt;
mod login;
mod moment;
mod narrowing;
mod objects;
mod outcome;
pub(crate) mod probe;
mod read;
mod reason;
mod refusal;
pub(crate) mod search;
mod tenant;
mod token;
pub(crate) mod token_cache;

pub(crate) use advice::{Asked, Cids, advice};
pub use auth::token_in;
pub(crate) use call::{Baseline, Look, Query};
pub use call::{Call, Change, Request, Status, Target};
pub(crate) use cases::NewCase;
pub(crate) use cases::found::{Case, Cases, Listed};
pub use cloud::BaseUrl;
pub(crate) use cloud::parse_url;
pub use effect::{Effect, Fields, Resolution};
pub(crate) use headers::rate_limit;
pub use headers::retry_after;
pub use id::{CaseId, CompositeId, EventId, IncidentId, InvalidId};
pub use judgement::judge;
pub use login::{Credentials, Login, MemberCid, TokenItems};
pub(crate) use moment::Moment;
pub(crate) use narrowing::{Narrowed, narrowed, probed};
pub(crate) use objects::{Objects, State};
pub(crate) use outcome::Looked;
pub use outcome::{Failure, Outcome};
pub(crate) use read::Read;
pub use reason::{Reason, RefusedBy};
pub(crate) use tenant::Falcon;
