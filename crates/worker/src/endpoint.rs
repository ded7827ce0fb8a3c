//! Where a worker or a requester is reached: its address as the chain carries it, checked before
//! anything is fetched from there.
//!
//! Anybody can register any address, and validators fetch from it. So an address must not reach what
//! lies behind a validator's own firewall: only public addresses of the internet are connected to, the
//! check is made on what the name resolves to at the moment of the connection, and redirections are not
//! followed.

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why nothing is fetched from an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No URL.
    #[error("{0:?} is not a URL: expected something like http://203.0.113.7:9300")]
    Malformed(String),
    /// Another protocol.
    #[error("{0:?} is neither http nor https")]
    Scheme(String),
    /// This build has no TLS.
    #[error(
        "{0:?} needs TLS, which this program does not speak: use http, every row is proven by hashes"
    )]
    NoTls(String),
    /// A name and a password in it.
    #[error("{0:?} holds credentials, which everybody could read on the chain: leave them out")]
    Credentials(String),
    /// More than an address and a path.
    #[error("{0:?} holds a question mark or a number sign: leave out what follows it")]
    Query(String),
    /// An address that is not of the internet.
    #[error("{0:?} is no public address of the internet, so others cannot reach it")]
    Private(String),
    /// The HTTP client.
    #[error("no HTTP client: {0}")]
    Client(String),
}

/// An address that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Checks an address. `allow_private` lets addresses of this machine and of private networks pass,
    /// for development.
    ///
    /// # Errors
    /// [`EndpointError`], which says how to mend it.
    pub fn parse(text: &str, allow_private: bool) -> Result<Self, EndpointError> {
        let given = || text.to_owned();
        let url = Url::parse(text).map_err(|_| EndpointError::Malformed(given()))?;
        match url.scheme() {
            "http" => {}
            "https" => return Err(EndpointError::NoTls(given())),
            _ => return Err(EndpointError::Scheme(given())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::Credentials(given()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Query(given()));
        }
        if !url.has_host() {
            return Err(EndpointError::Malformed(given()));
        }
        let private = host_ip(&url).is_some_and(|address| !is_public(address));
        if private && !allow_private {
            return Err(EndpointError::Private(given()));
        }
        Ok(Self(url))
    }

    /// The address of a route, for example `/v1/rows?task=1`.
    pub fn route(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// The address, if the host is one and no name.
fn host_ip(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Whether the address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let special = a == 192 && b == 0 && c == 0;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || benchmark
        || special)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // What is routed is 2000::/3; of it the documentation ranges, 6to4 and Teredo lead elsewhere.
    first & 0xe000 == 0x2000
        && !(first == 0x2001 && (second == 0xdb8 || second == 0))
        && first != 0x2002
        && first != 0x3fff
}

/// Resolves names to public addresses alone.
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(EndpointError::Private(name.as_str().to_owned()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// An HTTP client for addresses that strangers chose: no redirections, no proxies, no private networks
/// unless they are allowed.
///
/// # Errors
/// [`EndpointError::Client`].
pub fn client(allow_private: bool) -> Result<reqwest::Client, EndpointError> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .user_agent(concat!("althing-worker/", env!("CARGO_PKG_VERSION")));
    if !allow_private {
        builder = builder.dns_resolver(std::sync::Arc::new(PublicNames));
    }
    builder.build().map_err(|error| EndpointError::Client(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_with_their_reason() {
        let parse = |text: &str| Endpoint::parse(text, false);
        assert!(parse("http://8.8.8.8:9300").is_ok());
        assert!(parse("http://worker.example.org/a/b").is_ok());
        assert!(matches!(parse("worker"), Err(EndpointError::Malformed(_))));
        assert!(matches!(parse("ftp://8.8.8.8"), Err(EndpointError::Scheme(_))));
        assert!(matches!(parse("file:///etc/passwd"), Err(EndpointError::Scheme(_))));
        assert!(matches!(parse("https://8.8.8.8"), Err(EndpointError::NoTls(_))));
        assert!(matches!(parse("http://me@8.8.8.8"), Err(EndpointError::Credentials(_))));
        assert!(matches!(parse("http://me:pw@8.8.8.8"), Err(EndpointError::Credentials(_))));
        assert!(matches!(parse("http://8.8.8.8/?x=1"), Err(EndpointError::Query(_))));
        assert!(matches!(parse("http://8.8.8.8/#x"), Err(EndpointError::Query(_))));
    }

    #[test]
    fn private_addresses_pass_in_development_alone() {
        for host in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "2130706433",
            "0x7f.1",
            "[::1]",
            "[fe80::1]",
            "[fc00::1]",
            "[::ffff:127.0.0.1]",
            "[2001:db8::1]",
            "[64:ff9b::a00:1]",
        ] {
            let text = format!("http://{host}:80");
            assert!(
                matches!(Endpoint::parse(&text, false), Err(EndpointError::Private(_))),
                "{host}"
            );
            assert!(Endpoint::parse(&text, true).is_ok(), "{host}");
        }
        for host in ["8.8.8.8", "[2606:4700::1111]"] {
            assert!(Endpoint::parse(&format!("http://{host}"), false).is_ok(), "{host}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://localhost:{port}/");
        let error = client(false).unwrap().get(&url).send().await.unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        let connected = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
        assert!(connected.is_err());
    }

    #[test]
    fn routes_are_appended_once() {
        let endpoint = Endpoint::parse("http://8.8.8.8:9300/base/", false).unwrap();
        assert_eq!(endpoint.route("/v1/rows"), "http://8.8.8.8:9300/base/v1/rows");
    }
}
