//! Credentials inside a URL, however broken the URL is otherwise.

use std::ops::Range;

use super::{is_secret_name, replace};

/// Where a text was found, which tells how much of it is a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlContext {
    /// The value names a proxy: all of it is a URL, with or without a scheme.
    Proxy,
    /// The value is another URL. Without a scheme only a pair counts: `analyst@soc.example` is an e-mail address.
    Url,
    /// Any other text. Only a URL with a scheme counts: `ana@soc.example:ana@falcon.example` is a pair of e-mail addresses.
    Text,
}

/// Where a URL's credentials stand: `user`, `user:` or `user:password`, before the last `@` of its authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UrlCredentials {
    user: Range<usize>,
    password: Range<usize>,
}

impl UrlCredentials {
    /// Finds them.
    pub(super) fn find(url: &str, context: UrlContext) -> Option<UrlCredentials> {
        let scheme = url.find("://");
        if scheme.is_none() && context == UrlContext::Text {
            return None;
        }
        let is_url = scheme.is_some() || context == UrlContext::Proxy;
        let start = scheme.map_or(0, |at| at + 3);
        let authority_ends = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
        let in_authority = url[start..authority_ends].rfind('@').map(|at| start + at);
        // A password may itself hold a slash that nobody encoded: then the last @ of the whole text ends it.
        let anywhere = || url[start..].rfind('@').map(|at| start + at);
        let Some(end) = in_authority.or_else(anywhere) else {
            return (context == UrlContext::Proxy)
                .then(|| UrlCredentials::without_host(url, start..authority_ends))
                .flatten();
        };
        match url[start..end].find(':').map(|colon| start + colon) {
            Some(colon) if start + 1 < end => Some(UrlCredentials { user: start..colon, password: colon + 1..end }),
            None if is_url && in_authority.is_some() && start < end => {
                Some(UrlCredentials { user: start..end, password: end..end })
            }
            _ => None,
        }
    }

    /// What stands where a host and its port belong, and has no port: half of a pair that was pasted.
    fn without_host(url: &str, authority: Range<usize>) -> Option<UrlCredentials> {
        let colon = authority.start + url[authority.clone()].find(':')?;
        let password = colon + 1..authority.end;
        let is_port = url[password.clone()].bytes().all(|byte| byte.is_ascii_digit());
        // An IPv6 address is full of colons.
        let is_address = url[authority.clone()].starts_with('[');
        (!is_port && !is_address).then_some(UrlCredentials { user: authority.start..colon, password })
    }

    /// The user in this URL.
    pub(super) fn user<'url>(&self, url: &'url str) -> &'url str {
        &url[self.user.clone()]
    }

    /// The password in this URL; empty where there is none.
    pub(super) fn password<'url>(&self, url: &'url str) -> &'url str {
        &url[self.password.clone()]
    }

    /// What is secret of them: the password, or the user where there is no password.
    pub(super) fn secret(&self) -> Range<usize> {
        if self.password.is_empty() { self.user.clone() } else { self.password.clone() }
    }
}

/// Where the URLs of a text stand: each begins with its scheme and ends where the next begins.
pub(super) fn urls(text: &str) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let start = |(colon, _): (usize, &str)| text[..colon].trim_end_matches(in_scheme).len();
    let mut starts: Vec<usize> = text.match_indices("://").map(start).collect();
    // What stands before the first scheme, or in a text without any, may be a URL without one.
    if starts.first() != Some(&0) {
        starts.insert(0, 0);
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| start..end).collect::<Vec<_>>().into_iter()
}

/// Where the values of a URL's parameters stand whose names say that they are secret. In running text a URL's parameters say
/// nothing of this configuration.
pub(super) fn secret_parameters(url: &str, context: UrlContext) -> impl Iterator<Item = Range<usize>> {
    let query = url.find('?').filter(|_| context != UrlContext::Text).map_or(url.len(), |at| at + 1);
    let end = url[query..].find('#').map_or(url.len(), |length| query + length);
    let mut at = query;
    url[query..end].split_inclusive(['&', ';']).filter_map(move |parameter| {
        let start = at;
        at += parameter.len();
        let (name, value) = parameter.trim_end_matches(['&', ';']).split_once('=')?;
        let start = start + name.len() + 1;
        let is_secret = is_secret_name(name) || ["pass", "pwd"].iter().any(|word| name.to_lowercase().contains(word));
        (is_secret && !value.is_empty()).then_some(start..start + value.len())
    })
}

/// The text without what is secret in its URLs.
pub(crate) fn without_credentials(text: &str, context: UrlContext) -> String {
    let mut spans = Vec::new();
    for of_url in urls(text) {
        let url = &text[of_url.clone()];
        let credentials = UrlCredentials::find(url, context).map(|credentials| credentials.secret());
        let secret = credentials.into_iter().chain(secret_parameters(url, context));
        spans.extend(secret.map(|span| of_url.start + span.start..of_url.start + span.end));
    }
    spans.sort_unstable_by_key(|span| span.start);
    replace(text, &spans)
}

#[cfg(test)]
mod tests {
    use super::{UrlContext, without_credentials};

    #[test]
    fn what_is_secret_in_a_url_is_found_however_broken_it_is() {
        for (url, shown) in [
            ("http://bob:pass@proxy:3128", "http://bob:REMOVED@proxy:3128"),
            ("http://bob:p@ss@proxy:3128/x@y", "http://bob:REMOVED@proxy:3128/x@y"),
            ("http://bob:p/ss@proxy", "http://bob:REMOVED@proxy"),
            ("http://TOKEN@proxy:3128", "http://REMOVED@proxy:3128"),
            ("http://TOKEN:@proxy:3128", "http://REMOVED:@proxy:3128"),
            ("http://:pass@proxy", "http://:REMOVED@proxy"),
            ("http://bob%3Apass@proxy", "http://REMOVED@proxy"),
            ("http://bob:pass@", "http://bob:REMOVED@"),
            ("http://TOKEN@", "http://REMOVED@"),
            ("analyst@soc.example", "analyst@soc.example"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://host:8443/", "https://host:8443/"),
            ("http://@proxy", "http://@proxy"),
            ("http://:@proxy", "http://:@proxy"),
            ("http://bob:one@a:1/ http://eve:two@b:2/", "http://bob:REMOVED@a:1/ http://eve:REMOVED@b:2/"),
            ("http://bob:a b@proxy", "http://bob:REMOVED@proxy"),
        ] {
            for context in [UrlContext::Url, UrlContext::Text] {
                assert_eq!(without_credentials(url, context), shown, "{url}");
            }
        }
    }

    #[test]
    fn without_a_scheme_only_what_is_a_url_holds_credentials() {
        for (text, of_url) in [
            ("bob:pass@", "bob:REMOVED@"),
            ("bob:pass@falcon.example", "bob:REMOVED@falcon.example"),
            ("ana@soc.example:ana@falcon.example", "ana@soc.example:REMOVED@falcon.example"),
        ] {
            assert_eq!(without_credentials(text, UrlContext::Url), of_url);
            assert_eq!(without_credentials(text, UrlContext::Text), text);
        }
    }

    #[test]
    fn where_a_proxy_is_named_a_scheme_and_a_host_may_be_missing() {
        for (url, shown) in [
            ("TOKEN@proxy:3128", "REMOVED@proxy:3128"),
            ("bob:pass@proxy", "bob:REMOVED@proxy"),
            ("http://bob:pass", "http://bob:REMOVED"),
            ("bob:pass/", "bob:REMOVED/"),
            ("proxy.example:3128", "proxy.example:3128"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("http://[fe80::a]", "http://[fe80::a]"),
            ("http://proxy:3128/?user=bob&password=pass#top", "http://proxy:3128/?user=bob&password=REMOVED#top"),
            ("proxy:3128?a=b;Api_Key=one&pwd=two&token=", "proxy:3128?a=b;Api_Key=REMOVED&pwd=REMOVED&token="),
            ("http://bob:pass@proxy/?passwd=a@b", "http://bob:REMOVED@proxy/?passwd=REMOVED"),
        ] {
            assert_eq!(without_credentials(url, UrlContext::Proxy), shown, "{url}");
        }
    }
}
