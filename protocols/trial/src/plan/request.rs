//! Requests by which devices are polled, as they are recorded.
//!
//! Invariant: a request that reads has a table, an address and a count; one that asks for a message
//! has none of them.

use serde::{Deserialize, Serialize};

use crate::profile::Table;

/// One request by which a device is polled; what it reads is decoded by these numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredRequest", into = "StoredRequest")]
pub struct Request {
    /// Position of the device in the plan.
    pub device: usize,
    /// What is asked.
    pub ask: Ask,
    /// Points of the device's profile that it reads, in order.
    pub points: Vec<usize>,
    /// Period in nanoseconds; 0 is back to back.
    pub every_ns: i64,
}

/// What a request asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Entries of a Modbus table.
    Read {
        /// Table.
        table: Table,
        /// First register, coil or input, as on the wire.
        address: u16,
        /// Number of them: 1 to 125 registers, 1 to 2000 coils or inputs.
        count: u16,
    },
    /// A message of a frame layout, by its query.
    Query {
        /// Position of the message in the profile's layout.
        message: usize,
    },
}

impl Ask {
    /// Table, first entry and number of entries of a request that reads; `None` for a query.
    pub fn read(self) -> Option<(Table, u16, u16)> {
        match self {
            Ask::Read { table, address, count } => Some((table, address, count)),
            Ask::Query { .. } => None,
        }
    }
}

/// All requests of a run; recorded, so that later software decodes what was really asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestPlan {
    /// The number of a request is its position here.
    pub requests: Vec<Request>,
}

/// How often a channel gets a sample, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SamplePeriod {
    /// As the plan asks; `None` where it asks back to back, or does not say.
    pub declared_ns: Option<i64>,
    /// As the bus lets, as far as that is known.
    pub effective_ns: Option<i64>,
}

/// The stored form: the first version of the journal knew reading requests alone, whose keys
/// stand beside the others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRequest {
    device: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<Table>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<usize>,
    points: Vec<usize>,
    every_ns: i64,
}

impl From<Request> for StoredRequest {
    fn from(request: Request) -> StoredRequest {
        let Request { device, ask, points, every_ns } = request;
        let (read, message) = match ask {
            Ask::Read { table, address, count } => (Some((table, address, count)), None),
            Ask::Query { message } => (None, Some(message)),
        };
        StoredRequest {
            device,
            table: read.map(|(table, ..)| table),
            address: read.map(|(_, address, _)| address),
            count: read.map(|(.., count)| count),
            message,
            points,
            every_ns,
        }
    }
}

impl TryFrom<StoredRequest> for Request {
    type Error = &'static str;

    fn try_from(stored: StoredRequest) -> Result<Request, &'static str> {
        let StoredRequest { device, table, address, count, message, points, every_ns } = stored;
        let ask = match (table, address, count, message) {
            (Some(table), Some(address), Some(count), None) => Ask::Read { table, address, count },
            (None, None, None, Some(message)) => Ask::Query { message },
            _ => return Err("a request reads a table or asks for a message"),
        };
        Ok(Request { device, ask, points, every_ns })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(request: &Request, json: &str) {
        assert_eq!(serde_json::to_string(request).unwrap(), json);
        assert_eq!(serde_json::from_str::<Request>(json).unwrap(), *request);
    }

    #[test]
    fn requests_are_stored_as_they_always_were() {
        let ask = Ask::Read { table: Table::Input, address: 7, count: 2 };
        check(
            &Request { device: 1, ask, points: vec![3], every_ns: 5 },
            r#"{"device":1,"table":"input","address":7,"count":2,"points":[3],"every_ns":5}"#,
        );
        let ask = Ask::Query { message: 2 };
        check(
            &Request { device: 0, ask, points: vec![0], every_ns: 9 },
            r#"{"device":0,"message":2,"points":[0],"every_ns":9}"#,
        );
        let neither = r#"{"device":0,"address":1,"points":[0],"every_ns":9}"#;
        assert!(serde_json::from_str::<Request>(neither).is_err());
    }
}
