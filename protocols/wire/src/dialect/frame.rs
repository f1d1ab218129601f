//! Frames as a profile lays them out: text or binary, ended by bytes, by a length or by an escape,
//! guarded by a checksum or not.
//!
//! Invariants:
//! - A frame that is whole but that no message fits is a frame without samples.
//! - Of several messages that fit, the first of the profile counts.
//! - A file is read from its beginning, its lines are the whole of it, and a line that no message
//!   fits is damaged.

mod checksum;
mod escape;
mod message;
mod point;
mod scanner;

use trial::channel::{Channel, ChannelIndex};
use trial::plan::Plan;
use trial::profile::DeviceProfile;
use trial::recording::GroupIndex;

use super::Scan;
use crate::derive::Sample;

pub(crate) use message::Message;
pub(crate) use point::MessagePoint;
pub(crate) use scanner::Scanner;

/// The messages with which a device answers.
#[derive(Debug)]
pub(crate) struct Answers {
    scanner: Scanner,
    messages: Vec<Message>,
}

/// The messages that a device sends by itself.
#[derive(Debug)]
pub(crate) struct Frames {
    scanner: Scanner,
    messages: Vec<Message>,
    /// By message: its group and points.
    points: Vec<(Option<GroupIndex>, Vec<MessagePoint>)>,
    of_file: bool,
}

/// What a whole frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// A message with points, whose samples were decoded.
    Row(GroupIndex),
    /// Nothing that has samples.
    WithoutSamples,
    /// No row and no other line of a file.
    Damaged,
}

impl Frames {
    /// The frames of a profile with the channels of its groups; `None` for another dialect.
    /// `of_file` says that they are the lines of an imported file.
    pub(crate) fn new(
        plan: &Plan,
        of_file: bool,
        profile: &DeviceProfile,
        channels: impl Iterator<Item = (GroupIndex, ChannelIndex)>,
    ) -> Option<Frames> {
        let layout = profile.layout.as_ref()?;
        let scanner = if of_file { Scanner::of_file(layout) } else { Scanner::new(layout) };
        let messages = Message::all(profile);
        let mut points = vec![(None, Vec::new()); messages.len()];
        for (group, channel) in channels {
            let point = MessagePoint::new(plan, plan.channel_at(channel), &messages);
            if let Some((message, point)) = point
                && let Some((known, points)) = points.get_mut(message)
            {
                *known = Some(group);
                points.push(point);
            }
        }
        Some(Frames { scanner, messages, points, of_file })
    }

    /// What stands at the start of `bytes`; `last` says that no more will come.
    pub(crate) fn scan(&mut self, bytes: &[u8], last: bool) -> Scan {
        self.scanner.scan(bytes, last)
    }

    /// What comes next may begin anywhere in a frame.
    pub(crate) fn reset(&mut self) {
        self.scanner.set_in_step(false);
    }

    /// Decodes a frame into `samples`.
    pub(crate) fn decode(&mut self, frame: &[u8], samples: &mut Vec<Sample>) -> Decoded {
        let found = self.find(frame, samples);
        match found {
            Some(Some(group)) => Decoded::Row(group),
            None if self.of_file => Decoded::Damaged,
            _ => Decoded::WithoutSamples,
        }
    }

    /// The group of the message that a frame is, if that has points; `None` if it is none.
    fn find(&mut self, frame: &[u8], samples: &mut Vec<Sample>) -> Option<Option<GroupIndex>> {
        let content = self.scanner.content(frame)?;
        let body = self.scanner.body(&content);
        let mut messages = self.messages.iter_mut().zip(&self.points);
        messages.find_map(|(message, (group, points))| {
            let found = message.find(&content, body.clone())?;
            for point in points {
                samples.push(point.sample(&found)?);
            }
            Some(*group)
        })
    }
}

impl Answers {
    /// The messages of a profile; `None` for another dialect.
    pub(crate) fn new(profile: &DeviceProfile) -> Option<Answers> {
        let scanner = Scanner::of_answers(profile.layout.as_ref()?);
        Some(Answers { scanner, messages: Message::all(profile) })
    }

    /// How a channel's number is found in its message.
    pub(crate) fn point(&self, plan: &Plan, channel: &Channel) -> Option<MessagePoint> {
        MessagePoint::new(plan, channel, &self.messages).map(|(_, point)| point)
    }

    /// Decodes a frame that is to be the message into `samples`, one for each point; says whether
    /// it is that message.
    pub(crate) fn decode(
        &mut self,
        message: usize,
        frame: &[u8],
        points: &[MessagePoint],
        samples: &mut Vec<Sample>,
    ) -> bool {
        let Some(content) = self.scanner.content(frame) else { return false };
        let body = self.scanner.body(&content);
        let asked = self.messages.get_mut(message);
        let Some(found) = asked.and_then(|asked| asked.find(&content, body)) else { return false };
        samples.extend(points.iter().map_while(|point| point.sample(&found)));
        samples.len() == points.len()
    }
}
