//! The address of a scheduler, `df://HOST:PORT`.

use coterminous::{Error, Result};

/// Host and port of a scheduler's address; a port that is not there is 50050.
///
/// # Errors
/// [`Error::Config`] for anything else.
pub fn parse(address: &str, option: &str) -> Result<(String, u16)> {
    let wrong = || Error::usage(format!("{option} is {address}, expected df://HOST:PORT, as df://127.0.0.1:50050; correct it"));
    let rest = address.strip_prefix("df://").ok_or_else(wrong)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    // An IPv6 address has colons of its own, in brackets.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?),
        _ => (rest, 50050),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match bare {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')),
    };
    if is_host { Ok((host.to_owned(), port)) } else { Err(wrong()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |address: &str| parse(address, "--cluster");
        assert_eq!(read("df://127.0.0.1:50050").unwrap(), ("127.0.0.1".to_owned(), 50050));
        assert_eq!(read("df://scheduler.internal").unwrap(), ("scheduler.internal".to_owned(), 50050));
        assert_eq!(read("df://[::1]:7/").unwrap(), ("[::1]".to_owned(), 7));
        for wrong in
            ["", "df://", "http://x:1", "df://x:0", "df://x:99999", "df://x:y", "df://a/b:1", "df://:1", "df://[x]:1", "df://a b:1"]
        {
            let error = read(wrong).unwrap_err();
            assert!(error.exit_code() == 2 && error.to_string().contains("expected df://HOST:PORT"), "{wrong}: {error}");
        }
    }
}
