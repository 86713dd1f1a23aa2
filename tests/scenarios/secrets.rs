//! What never leaves the responder: no secret, in no spelling, wherever it comes back from.

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::json;

use crate::common::answers::{self, put};
use crate::common::falcon::{ALERTS, TOKEN};
use crate::common::proxy::Proxy;
use crate::common::responder::Ran;
use crate::common::wire::{broken_off, giving};
use crate::common::{ALERT, Fault, Job, Responder, StandIn, job, together};

/// The secret of the fixtures. No run may show 16 characters of it: the harness searches for that.
const SECRET: &str = "Zk8-fixture-only-secret-2Qw";

fn alert(base_url: impl Into<serde_json::Value>) -> Job {
    job("thehive5-alert").with("/config/base_url", base_url)
}

fn run(job: &Job) -> Ran {
    Responder::new().argument("-vv").stdin(job.0.to_string()).run()
}

fn page(status: u16, body: impl Into<Vec<u8>>) -> Fault {
    Fault::Answer { status, headers: Vec::new(), body: body.into() }
}

/// In `\u` escapes, which a JSON library may use for every character.
fn in_escapes(text: &str) -> String {
    let escapes: Vec<String> = text.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    escapes.concat()
}

/// All that a run with this secret in its configuration shows, to which a page says that it was sent this.
fn told_of(secret: &str, spelled: &str) -> String {
    let falcon = StandIn::in_the_clear().fails(ALERTS, page(400, format!("you sent {spelled}; end")), 1);
    let ran = run(&alert(falcon.url()).with("/config/api_key", secret));
    let message = ran.failure();
    let shown = [secret, spelled].iter().any(|hidden| ran.stdout.contains(hidden) || ran.stderr.contains(hidden));
    if shown { format!("shown: {message} {}", ran.stderr).replace("REMOVED", "removed") } else { message }
}

#[test]
fn an_echoed_secret_is_removed_in_every_spelling() {
    let rows = [
        ("as it is", "s3c&r<e>t \"q\"/+ü", "s3c&r<e>t \"q\"/+ü"),
        ("a form", "s3c&r<e>t \"q\"/+ü", "s3c%26r%3Ce%3Et+%22q%22%2F%2B%C3%BC"),
        ("a URL in small letters", "s3c&r<e>t \"q\"/+ü", "s3c%26r%3ce%3et%20%22q%22%2f%2b%c3%bc"),
        ("JSON", "s3c&r<e>t \"q\"/+ü", "s3c&r<e>t \\\"q\\\"/+ü"),
        ("JSON in ASCII", "s3c&r<e>t \"q\"/+ü", "s3c&r<e>t \\\"q\\\"/+\\u00fc"),
        ("HTML of Go", "s3c&r<e>t \"q\"/+ü", "s3c&amp;r&lt;e&gt;t &#34;q&#34;/+ü"),
        ("HTML", "s3c&r<e>t \"q\"/+ü", "s3c&amp;r&lt;e&gt;t &quot;q&quot;/+ü"),
        ("JSON of Go", "Zk8&fix<ture>2Qw", "Zk8\\u0026fix\\u003cture\\u003e2Qw"),
        ("JSON of .NET", "Zk8+fix'türe>2Qw", "Zk8\\u002Bfix\\u0027t\\u00FCre\\u003E2Qw"),
        ("JSON of .NET, beyond 16 bits", "Zk8-𝄞-clef-2Qw", "Zk8-\\uD834\\uDD1E-clef-2Qw"),
        ("JSON of PHP", "Zk8/fix/ture/2Qw", "Zk8\\/fix\\/ture\\/2Qw"),
        ("JSON of PHP in ASCII", "Zk8/fixé/ture/2Qw", "Zk8\\/fix\\u00e9\\/ture\\/2Qw"),
        ("encodeURIComponent", "Zk8!fix/tu(re)&*'2Qw", "Zk8!fix%2Ftu(re)%26*'2Qw"),
        ("encodeURIComponent, with a blank", "Zk8 fi'x~ture/2Qw", "Zk8%20fi'x~ture%2F2Qw"),
        ("XML", "Zk8'fix'ture'2Qw", "Zk8&apos;fix&apos;ture&apos;2Qw"),
        ("HTML in hexadecimal", "Zk8'fix'ture'2Qw", "Zk8&#x27;fix&#x27;ture&#x27;2Qw"),
        ("HTML of PHP", "Zk8'fix'ture'2Qw", "Zk8&#039;fix&#039;ture&#039;2Qw"),
        ("JSON in JSON, quotes", "Zk8\"fix\"ture\"2Qw", "Zk8\\\\\\\"fix\\\\\\\"ture\\\\\\\"2Qw"),
        ("JSON in JSON, backslashes", "Zk8\\fix\\ture\\2Qw", "Zk8\\\\\\\\fix\\\\\\\\ture\\\\\\\\2Qw"),
        ("a URL in a URL", "Zk8/fix&ture/2Qw", "Zk8%252Ffix%2526ture%252F2Qw"),
        ("a URL in HTML in JSON", "Zk8&fix/ture'2Qw", "Zk8%26amp%3Bfix%2Fture\\u0026#39;2Qw"),
        ("JSON by the letter", "Zk8-fix-ture-2Qw-3", "\\u005a\\u006b\\u0038-fix-ture-2Qw-3"),
        ("a string of Python", "Zk8-fixtüre-2Qw", "Zk8-fixt\\xfcre-2Qw"),
        ("bytes of Rust or Python", "Zk8-fixtüre-2Qw", "Zk8-fixt\\xc3\\xbcre-2Qw"),
        ("a tab in JSON", "Zk8-fix\tture-2Qw", "Zk8-fix\\tture-2Qw"),
        ("a tab in escapes", "Zk8-fix\tture-2Qw", "Zk8-fix\\u0009ture-2Qw"),
        ("a tab in a URL", "Zk8-fix\tture-2Qw", "Zk8-fix%09ture-2Qw"),
        ("a tab as a blank", "Zk8-fix\tture-2Qw", "Zk8-fix ture-2Qw"),
        ("a tab left out", "Zk8-fix\tture-2Qw", "Zk8-fixture-2Qw"),
        ("a line break in JSON", "Zk8-fix\nture-2Qw", "Zk8-fix\\nture-2Qw"),
        ("a line break in a URL", "Zk8-fix\nture-2Qw", "Zk8-fix%0Ature-2Qw"),
        ("a line break of Windows", "Zk8-fix\nture-2Qw", "Zk8-fix%0D%0Ature-2Qw"),
        ("a line break as a blank", "Zk8-fix\nture-2Qw", "Zk8-fix ture-2Qw"),
        ("a line break left out", "Zk8-fix\nture-2Qw", "Zk8-fixture-2Qw"),
    ];
    let wrong = rows.iter().filter_map(|(name, secret, spelled)| {
        let told = told_of(secret, spelled);
        (!told.contains("\"you sent REMOVED; end\"")).then(|| format!("{name}: {told}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {} spellings:\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

#[test]
fn an_echoed_secret_is_removed_in_lower_case_in_hexadecimal_digits_and_in_base64() {
    let secrets = ["Zk8-Fixture-2Qw?>~", "Zk8-Fixtüre-only-2Qw", "Zk8-2Qw!", "Zk8-Fixture-only-to-be-found-2Qw"];
    together(&secrets, |secret| {
        let digits: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let digits = digits.concat();
        let forms = [
            secret.to_lowercase(),
            digits.to_uppercase(),
            digits,
            BASE64_STANDARD.encode(secret),
            BASE64_STANDARD_NO_PAD.encode(secret),
            BASE64_URL_SAFE_NO_PAD.encode(secret),
        ];
        for form in &forms {
            let told = told_of(secret, form);
            assert!(told.contains("\"you sent REMOVED; end\""), "{form}: {told}");
        }
        for before in ["", "a", "ab", "user:"] {
            // The characters at both ends are of other bytes, too.
            let whole = BASE64_STANDARD.encode(format!("{before}{secret} and more"));
            let start = (before.len() * 8).div_ceil(6);
            let own = &whole[start..(before.len() + secret.len()) * 8 / 6];
            let told = told_of(secret, &whole);
            assert!(told.contains("REMOVED") && !told.contains(&own[4..]), "{whole}: {told}");
        }
    });
}

#[test]
fn a_secret_that_is_broken_into_lines_is_removed() {
    let (start, end) = SECRET.split_at(13);
    let base64 = BASE64_STANDARD.encode(SECRET);
    let (base64_start, base64_end) = base64.split_at(20);
    for broken in [
        format!("{start}\n{end}"),
        format!("{start}\r\n\t  {end}"),
        format!("{}\n{}\n{end}", &start[..5], &start[5..]),
        format!("{base64_start}\n{base64_end}"),
    ] {
        let text = format!("you sent {broken} ; end");
        let falcon = StandIn::in_the_clear().fails(ALERTS, page(400, answers::refusal(400, &text).text()), 1);
        let ran = run(&alert(falcon.url()).with("/data/description", text));
        let message = ran.fails_with(&["Falcon answered HTTP 400: you sent REMOVED ; end"]);
        assert!(!message.contains(&start[..5]), "{message}");
        assert_eq!(ran.report()["input"]["data"]["description"], "you sent REMOVED ; end");
    }
}

#[test]
fn an_echo_in_an_envelope_is_removed_in_every_spelling() {
    for (secret, spelled) in [
        ("Zk8-fix\tture-2Qw", "Zk8-fix\\tture-2Qw"),
        ("Zk8&fix<ture>2Qw", "Zk8\\u0026fix\\u003cture\\u003e2Qw"),
        ("Zk8\"fix\"ture\"2Qw", "{\\\"secret\\\":\\\"Zk8\\\\\\\"fix\\\\\\\"ture\\\\\\\"2Qw\\\"}"),
    ] {
        let body = format!("{{\"meta\":{{}},\"errors\":[{{\"code\":400,\"message\":\"you sent {spelled}; end\"}}]}}");
        let falcon = StandIn::in_the_clear().fails(ALERTS, page(400, body), 1);
        let message = run(&alert(falcon.url()).with("/config/api_key", secret)).failure();
        assert!(message.contains("Falcon answered HTTP 400: you sent ") && message.contains("REMOVED"), "{message}");
        assert!(!message.contains("Zk8") && !message.contains("2Qw"), "{message}");
    }
}

/// Where an echo can stand in an answer: its name, the call, and the answer with this text there.
type Place = (&'static str, &'static str, fn(&str) -> Fault);

/// Where an echo can straddle the place at which messages are cut.
fn places() -> Vec<Place> {
    fn in_envelope(status: u16, text: &str) -> Fault {
        page(status, format!("{{\"meta\":{{}},\"errors\":[{{\"code\":{status},\"message\":\"{text}\"}}]}}"))
    }
    vec![
        ("a message", ALERTS, |text| in_envelope(400, text)),
        ("a page", ALERTS, |text| page(400, text)),
        ("an answer that tells nothing", ALERTS, |text| page(202, text)),
        ("a trace id", ALERTS, |text| page(400, format!("{{\"meta\":{{\"trace_id\":\"{text}\"}},\"errors\":[{{}}]}}"))),
        ("a header", ALERTS, |text| Fault::Answer {
            status: 400,
            headers: vec![("x-cs-traceid", text.to_owned())],
            body: Vec::new(),
        }),
        ("a status word", ALERTS, |text| {
            page(
                200,
                format!("{{\"meta\":{{}},\"resources\":[{{\"composite_id\":\"{ALERT}\",\"status\":\"{text}\"}}]}}"),
            )
        }),
        ("a redirect", ALERTS, |text| Fault::Answer {
            status: 302,
            headers: vec![("location", format!("https://{}/", text.replace([' ', '\\'], "x")))],
            body: Vec::new(),
        }),
        ("the refusal of a token", TOKEN, |text| in_envelope(403, text)),
        ("a page for a token", TOKEN, |text| page(403, format!("<{text}"))),
    ]
}

#[test]
fn a_secret_is_removed_before_anything_is_cut() {
    together(&places(), |(place, call, fault)| {
        for start in [250, 274, 279, 284, 290, 299, 4_090] {
            for echo in [SECRET.to_owned(), in_escapes(SECRET)] {
                let text = format!("{}{echo} and so on", "x".repeat(start));
                let falcon = StandIn::in_the_clear().fails(call, fault(&text), 1);
                let ran = run(&alert(falcon.url()));
                ran.report();
                let shown = [&ran.stdout, &ran.stderr].iter().any(|text| text.contains(&SECRET[..8]));
                assert!(!shown, "{place}, {start}: {ran:?}");
            }
        }
    });
}

#[test]
fn an_answer_that_breaks_off_behind_a_secret_hides_it() {
    let falcon = StandIn::in_the_clear();
    let starts = [0, 200, 272, 280, 290, 300];
    let places: Vec<(usize, usize)> = starts.iter().flat_map(|start| [(*start, 16), (*start, SECRET.len())]).collect();
    together(&places, |(start, end)| {
        let half = format!("x{}{}", "x".repeat(*start), &SECRET[..*end]);
        let job = alert(giving(broken_off(400, &half))).with("/config/timeout_seconds", 1);
        let of_a_call = run(&job.clone().with("/config/token_url", format!("{}{TOKEN}", falcon.url())));
        of_a_call.fails_with(&["(HTTP 400); it began \"x"]);
        let of_a_token = run(&job);
        of_a_token.fails_with(&["(HTTP 400).\nNext"]);
        for ran in [of_a_call, of_a_token] {
            assert!(!ran.stdout.contains(&SECRET[..8]) && !ran.stderr.contains(&SECRET[..8]), "{start}: {ran:?}");
        }
    });
}

#[test]
fn a_secret_in_the_job_itself_is_removed_before_anything_is_cut() {
    together(&[4, 16, 40, 60, 70, 78], |filler| {
        let text = format!("{}{SECRET}{}", "a".repeat(*filler), "b".repeat(60));
        let job = || job("thehive5-alert");
        for job in [
            job().with("/data/_id", text.as_str()).with("/data/id", text.as_str()),
            job().with("/data/stage", text.as_str()),
            job().with("/dataType", text.as_str()),
            job().with("/config/base_url", text.as_str()),
            job().with("/config/service", text.as_str()),
            job().linked_to(json!({"csfalcon-alert-id": format!("{text}\u{200b}")})),
            job().linked_to(json!({"csfalcon-alert-id": format!("https://falcon.example/{text}")})),
        ] {
            let job = job.with("/config/timeout_seconds", 1).with("/config/token_url", "https://falcon.invalid");
            let ran = run(&job);
            let message = ran.failure();
            assert!(!message.contains(&SECRET[..8]) && !ran.stderr.contains(&SECRET[..8]), "{filler}: {message}");
        }
    });
}

#[test]
fn an_echoed_token_is_removed() {
    let falcon = StandIn::in_the_clear().echoes_requests(ALERTS);
    let ran = run(&alert(falcon.url()));
    ran.fails_with(&["HTTP 400", "none of Falcon's", "REMOVED"]);
    let token = &falcon.tokens()[0];
    assert!(!ran.stdout.contains(token) && !ran.stderr.contains(token), "{ran:?}");
    assert_eq!(falcon.status_of(ALERT), None);
}

#[test]
fn a_token_in_a_refusal_is_removed() {
    let refused = answers::refusal(403, "w-9xQ-never-used");
    let mut body = refused.body;
    body["access_token"] = "w-9xQ-never-used".into();
    let falcon = StandIn::in_the_clear().fails(TOKEN, page(403, body.to_string()), 1);
    run(&alert(falcon.url())).fails_with(&["gave no token: Falcon answered HTTP 403: … (code 403)"]);
    body = put(put(body, "/access_token", "w-9xQ-never"), "/errors/0/message", "not w-9xQ-never");
    let falcon = StandIn::in_the_clear().fails(TOKEN, page(403, body.to_string()), 1);
    run(&alert(falcon.url())).fails_with(&["gave no token: Falcon answered HTTP 403: not REMOVED (code 403)"]);
}

const PROXY_TOKEN: &str = "Qx7mTok3nOfTheProxy9zRw4";

/// The shapes in which a proxy's credentials are typed; TOKEN is what is secret, and PROXY where it is.
const PROXIES: [&str; 14] = [
    "http://bob:TOKEN@PROXY",
    "http://TOKEN@PROXY",
    "http://TOKEN:@PROXY",
    "http://:TOKEN@PROXY",
    "http://bob%3ATOKEN@PROXY",
    "http://bob%3aTOKEN@PROXY",
    "TOKEN@PROXY",
    "bob:TOKEN@PROXY",
    "http://TOKEN@",
    "http://bob:TOKEN@",
    "bob:TOKEN@",
    "http://bob:TOKEN/",
    "http://PROXY/?user=bob&password=TOKEN",
    "PROXY?token=TOKEN#top",
];

#[test]
fn a_proxys_credentials_are_hidden_in_every_shape() {
    let falcon = StandIn::in_the_clear().fails(ALERTS, page(400, format!("you sent {PROXY_TOKEN}; end")), usize::MAX);
    let hidden = |ran: Ran, shape: &str| {
        let shown = [&ran.stdout, &ran.stderr].iter().any(|text| text.contains(&PROXY_TOKEN[..12]));
        assert!(!shown && ran.report()["success"] == false, "{shape}: {ran:?}");
    };
    together(&PROXIES, |shape| {
        // A proxy that nobody uses is echoed only; one that is used is told of, too.
        let unused = shape.replace("TOKEN", PROXY_TOKEN).replace("PROXY", "proxy.example:3128");
        for job in [
            alert(falcon.url()).with("/config/proxy_https", unused.as_str()),
            alert(falcon.url()).with("/config/proxy", json!({"https": unused})),
        ] {
            let ran = run(&job);
            ran.fails_with(&["\"you sent REMOVED; end\""]);
            hidden(ran, shape);
        }
        let used = shape.replace("TOKEN", PROXY_TOKEN).replace("PROXY", "127.0.0.1:9");
        let job = alert("us-1").with("/config/timeout_seconds", 1);
        hidden(run(&job.clone().with("/config/proxy_https", used.as_str())), shape);
        let from_outside = Responder::new().argument("-vv").variable("HTTPS_PROXY", &used).stdin(job.0.to_string());
        hidden(from_outside.run(), shape);
    });
}

#[test]
fn a_bad_proxy_is_named_without_its_password() {
    for url in ["http://bob:p&w-9xQ@[bad", "socks5://bob:p&w-9xQ@proxy.example", "http://bob:p&w-9xQ@host:99999999"] {
        let job = alert("us-1").with("/config/proxy", json!({"https": url}));
        let message = run(&job).fails_with(&["proxy in proxy.https", "bob:REMOVED@"]);
        assert!(!message.contains("p&w-9xQ"), "{message}");
    }
}

#[test]
fn a_proxy_that_refuses_is_told_without_what_it_echoes() {
    let proxy = Proxy::start(&[], Some("Basic nobody"));
    for credentials in ["bob:p&w-9xQ", "w-9xQ-never-used", "w-9xQ-never-used:", "bob%3Aw-9xQ-never-used"] {
        let url = format!("http://{credentials}@{}", proxy.address());
        let job = alert("us-1").with("/config/proxy_https", url).with("/config/timeout_seconds", 1);
        run(&job).fails_with(&["refused the connection to api.crowdstrike.com:443: 407 Proxy Authentication Required"]);
    }
    assert_eq!(proxy.seen().len(), 4);
}

#[test]
fn a_plain_proxy_that_echoes_its_credentials_is_quoted_without_them() {
    // The pair as HTTP's basic authentication spells it.
    for (credentials, pair) in
        [("bob:TOKEN", "bob:TOKEN"), ("TOKEN", "TOKEN:"), ("TOKEN:", "TOKEN:"), ("bob%3ATOKEN", "bob:TOKEN:")]
    {
        let falcon = StandIn::in_the_clear().echoes_requests(ALERTS);
        let proxy = format!(
            "http://{}@{}",
            credentials.replace("TOKEN", PROXY_TOKEN),
            falcon.url().trim_start_matches("http://")
        );
        let ran = run(&alert(falcon.url()).with("/config/proxy_http", proxy));
        ran.fails_with(&["HTTP 400", "REMOVED"]);
        let spelled = BASE64_STANDARD.encode(pair.replace("TOKEN", PROXY_TOKEN));
        let sent =
            falcon.requests().iter().any(|request| request.headers.values().any(|value| value.contains(&spelled)));
        assert!(sent, "{credentials} was sent");
        assert!(!ran.stdout.contains(&spelled[..16]) && !ran.stderr.contains(&spelled[..16]), "{credentials}: {ran:?}");
    }
}
