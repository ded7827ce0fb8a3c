//! Messages on the channel for status.

use super::{
    peers::Software,
    wire::{finished, invalid, read_text, write_text},
};
use althing_types::{ChainId, Hash, Height, Timestamp, Version};
use bytes::{BufMut, Bytes, BytesMut};
use commonware_codec::{Buf, Error, ReadExt as _, Write as _, varint::UInt};

/// Version of what nodes say to each other. It changes when an older node would misunderstand a
/// newer one.
pub const PROTOCOL: u32 = 1;
/// Longest software version, in bytes.
pub const MAX_VERSION: usize = 32;
/// Longest commit, in bytes.
pub const MAX_COMMIT: usize = 64;
/// Longest reason of a refusal, in bytes.
pub const MAX_REASON: usize = 512;

const HELLO: u8 = 0;
const PING: u8 = 1;
const PONG: u8 = 2;
const REFUSED: u8 = 3;

/// What a node says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Its [`PROTOCOL`].
    pub protocol: u32,
    /// Its software.
    pub software: Software,
    /// The chain it is on.
    pub chain_id: ChainId,
    /// The hash of that chain's genesis.
    pub genesis: Hash,
    /// Its last finalized height.
    pub height: Height,
    /// When its process started.
    pub started_at: Timestamp,
    /// The newest protocol of the chain that it can run.
    pub newest: Version,
}

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its last finalized height.
    pub height: Height,
    /// Transactions of its clients that wait.
    pub backlog: u64,
}

impl Report {
    fn read(buf: &mut impl Buf) -> Result<Self, Error> {
        Ok(Self { height: Height::read(buf)?, backlog: read_u64(buf)? })
    }
}

/// A message on the channel for status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// First on a connection, and now and then.
    Hello(Hello),
    /// Asks for a [`Self::Pong`] with the same number.
    Ping(u64, Report),
    /// Answers a [`Self::Ping`].
    Pong(u64, Report),
    /// The sender is about to end the connection, for this reason.
    Refused(String),
}

fn write_u64(value: u64, buf: &mut BytesMut) {
    UInt(value).write(buf);
}

fn read_u64(buf: &mut impl Buf) -> Result<u64, Error> {
    Ok(UInt::<u64>::read(buf)?.into())
}

impl Message {
    /// The bytes on the wire. Texts that are too long are cut.
    pub fn encode(&self) -> Bytes {
        let mut buf = BytesMut::with_capacity(256);
        match self {
            Self::Hello(hello) => {
                buf.put_u8(HELLO);
                write_u64(hello.protocol.into(), &mut buf);
                write_text(&hello.software.version, MAX_VERSION, &mut buf);
                write_text(&hello.software.commit, MAX_COMMIT, &mut buf);
                hello.chain_id.write(&mut buf);
                hello.genesis.write(&mut buf);
                hello.height.write(&mut buf);
                write_u64(hello.started_at.get(), &mut buf);
                hello.newest.write(&mut buf);
            }
            Self::Ping(number, report) | Self::Pong(number, report) => {
                buf.put_u8(if matches!(self, Self::Ping(..)) { PING } else { PONG });
                write_u64(*number, &mut buf);
                report.height.write(&mut buf);
                write_u64(report.backlog, &mut buf);
            }
            Self::Refused(reason) => {
                buf.put_u8(REFUSED);
                write_text(reason, MAX_REASON, &mut buf);
            }
        }
        buf.freeze()
    }

    /// Decodes a message. Fields that a later protocol may add to a hello are skipped, so that
    /// versions can be compared at all.
    ///
    /// # Errors
    /// A codec error that says what is malformed.
    pub fn decode(mut message: impl Buf) -> Result<Self, Error> {
        let buf = &mut message;
        let decoded = match u8::read(buf)? {
            HELLO => {
                let protocol = u32::try_from(read_u64(buf)?);
                let protocol = protocol.map_err(|_| invalid("a protocol version above 2^32"))?;
                let hello = Hello {
                    protocol,
                    software: Software {
                        version: read_text(buf, MAX_VERSION)?,
                        commit: read_text(buf, MAX_COMMIT)?,
                    },
                    chain_id: ChainId::read(buf)?,
                    genesis: Hash::read(buf)?,
                    height: Height::read(buf)?,
                    started_at: Timestamp::new(read_u64(buf)?),
                    newest: Version::read(buf)?,
                };
                if protocol > PROTOCOL {
                    return Ok(Self::Hello(hello));
                }
                Self::Hello(hello)
            }
            PING => Self::Ping(read_u64(buf)?, Report::read(buf)?),
            PONG => Self::Pong(read_u64(buf)?, Report::read(buf)?),
            REFUSED => Self::Refused(read_text(buf, MAX_REASON)?),
            _ => return Err(invalid("an unknown kind of status message")),
        };
        finished(buf)?;
        Ok(decoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use althing_types::hash::sha256;

    fn hello() -> Hello {
        Hello {
            protocol: 1,
            software: Software { version: "0.1.0".to_owned(), commit: "abc1234".to_owned() },
            chain_id: "cpc-devnet-1".parse().unwrap(),
            genesis: sha256(&[b"genesis"]),
            height: Height::new(300),
            started_at: Timestamp::new(1_700_000_000_000),
            newest: Version::GENESIS,
        }
    }

    #[test]
    fn messages_have_these_bytes() {
        let golden = [
            (
                Message::Hello(hello()),
                "000105302e312e3007616263313233340c6370632d6465766e65742d31aeebad4a796fcc2e15dc4c60\
                 61b45ed9b373f26adfc798ca7d2d8cc58182718eac0280d095ffbc31000100000000",
            ),
            (Message::Ping(7, Report { height: Height::new(5), backlog: 3 }), "01070503"),
            (Message::Pong(300, Report { height: Height::new(0), backlog: 200 }), "02ac0200c801"),
            (Message::Refused("no".to_owned()), "03026e6f"),
        ];
        for (message, bytes) in golden {
            let encoded = message.encode();
            assert_eq!(hex::encode(&encoded), bytes.replace(' ', ""), "{message:?}");
            assert_eq!(Message::decode(encoded.clone()).unwrap(), message);
            for cut in 0..encoded.len() {
                assert!(Message::decode(encoded.slice(..cut)).is_err());
            }
            let longer = [&encoded[..], &[0]].concat();
            assert!(Message::decode(Bytes::from(longer)).is_err());
        }
    }

    #[test]
    fn a_hello_of_a_later_protocol_with_more_fields_is_understood() {
        let later = Message::Hello(Hello { protocol: 2, ..hello() });
        let bytes = [&later.encode()[..], b"more"].concat();
        assert_eq!(Message::decode(Bytes::from(bytes)).unwrap(), later);
    }

    #[test]
    fn texts_that_are_too_long_are_cut_when_sent_and_refused_when_received() {
        let long = "é".repeat(MAX_REASON);
        let Message::Refused(cut) = Message::decode(Message::Refused(long).encode()).unwrap()
        else {
            panic!("another kind")
        };
        assert_eq!(cut, "é".repeat(MAX_REASON / 2));
        let mut bytes = BytesMut::from(&[REFUSED][..]);
        write_text(&"x".repeat(MAX_REASON + 1), MAX_REASON + 1, &mut bytes);
        assert!(Message::decode(bytes.freeze()).is_err());
    }
}
