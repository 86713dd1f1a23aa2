//! Any bytes as a job, up to the plan and the login: nothing is sent, whatever the job says.
#![no_main]

use cortex_falcon::Run;
use cortex_falcon::config::Config;
use cortex_falcon::cortex::Job;
use cortex_falcon::environment::Environment;
use cortex_falcon::secret::Secrets;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(job) = Job::parse(bytes) else { return };
    let secrets = Secrets::default();
    job.learn_secrets(&secrets);
    let echo = secrets.scrubbed(job.echo());
    assert!(echo.is_object());
    if let Some(secret) = job.config().ok().and_then(|config| config.get("client_secret")?.as_str()) {
        let alone = secret.len() >= 4 && !"REMOVED".contains(secret.trim());
        assert!(!alone || echo["config"]["client_secret"] == "REMOVED");
    }
    let environment = Environment::empty();
    if let Ok(items) = job.config() {
        let config = Config::new(items, &environment);
        let _ = config.login(&secrets).and_then(|login| config.network(&login, &secrets));
    }
    if let Ok(rehearsal) = Run::new(environment).rehearse(|| Ok(bytes.to_vec())) {
        let does_something = !rehearsal.calls.is_empty() || !rehearsal.report.is_success();
        assert!(does_something, "a plan does something");
    }
});
