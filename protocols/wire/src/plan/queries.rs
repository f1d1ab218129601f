//! Which queries an instrument is asked.
//!
//! Invariant: a message is asked for by one request, as often as the fastest of its points wants;
//! all of its points are in the answer.

use trial::channel::ChannelIndex;
use trial::plan::{Ask, Plan, Request};
use trial::profile::{FrameEnd, FrameLayout, Place, Point};
use trial::time::duration_nanoseconds;

/// The queries of one device, in the order of its messages; messages without points are not
/// asked for.
pub(super) fn device_queries(
    plan: &Plan,
    index: usize,
    channels: &[Option<ChannelIndex>],
) -> Vec<Request> {
    let Some(device) = plan.devices.get(index) else { return Vec::new() };
    let (Some(every), Some(layout)) = (device.every, &device.profile.layout) else {
        return Vec::new();
    };
    let period = |point: &usize| {
        let channel = channels.get(*point).copied().flatten();
        let own = channel.and_then(|channel| plan.channel_at(channel).every);
        duration_nanoseconds(own.unwrap_or(every))
    };
    let asked = layout.messages.iter().enumerate().filter(|(_, message)| message.query.is_some());
    let requests = asked.filter_map(|(message, _)| {
        let points = device.profile.points.iter().enumerate();
        let points: Vec<usize> = points
            .filter(|(_, point)| message_of(point) == Some(message))
            .map(|(n, _)| n)
            .collect();
        let every_ns = points.iter().map(period).min()?;
        Some(Request { device: index, ask: Ask::Query { message }, points, every_ns })
    });
    requests.collect()
}

/// The message of a point; `None` for a point of another dialect.
pub(crate) fn message_of(point: &Point) -> Option<usize> {
    match point.place {
        Place::MessageText { message, .. } | Place::MessageNumber { message, .. } => Some(message),
        _ => None,
    }
}

/// Characters of a query and of the shortest answer to it that is known: all of a frame of fixed
/// length, and of others what no frame lacks.
pub(super) fn query_characters(layout: &FrameLayout, message: usize) -> u32 {
    let query = layout.messages.get(message).and_then(|message| message.query.as_ref());
    let answer = match &layout.end {
        FrameEnd::Length(length) => *length,
        end => {
            let end = match end {
                FrameEnd::Delimiter(end) => end.len(),
                _ => 1,
            };
            layout.start.len() + layout.checksum.map_or(0, |sum| sum.length()) + end + 1
        }
    };
    // Both are bounded by the profile.
    (query.map_or(0, Vec::len) + answer) as u32
}
