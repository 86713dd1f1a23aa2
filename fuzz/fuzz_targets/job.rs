//! Any bytes as a job, up to the plan and the settings: nothing is sent, whatever the job says.
#![no_main]

use cortex_falcon::config::Config;
use cortex_falcon::cortex::Job;
use cortex_falcon::environment::Environment;
use cortex_falcon::secret::Secrets;
use cortex_falcon::thehive::{Entity, Kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(job) = Job::parse(bytes) else { return };
    let secrets = Secrets::default();
    job.learn_secrets(&secrets);
    let echo = job.echo(&secrets);
    assert!(echo.is_object());
    if let Some(secret) = job.config().ok().and_then(|config| config.get("client_secret")?.as_str()) {
        let alone = secret.len() >= 4 && !"REMOVED".contains(secret.trim());
        assert!(!alone || echo["config"]["client_secret"] == "REMOVED");
    }
    let _ = job.check_tlp_and_pap();
    let Ok(items) = job.config() else { return };
    let environment = Environment::empty();
    let config = Config::new(items, &environment);
    let _ = config.connection(&secrets);
    let entity = Kind::parse(job.data_type()).and_then(|kind| Entity::parse(kind, job.data()));
    if let (Ok(service), Ok(entity)) = (config.service(), entity)
        && let Ok(plan) = service.plan(&entity)
    {
        assert!(!plan.calls.is_empty() || !plan.set_aside.is_empty(), "a plan does something");
        assert!(plan.calls.iter().all(|call| !call.ids().is_empty()), "a call is about something");
    }
});
