//! Which message of a layout a frame is, and the texts in it.
//!
//! Invariant: a frame that fits a message has every number and status byte of its points; what
//! may be missing in it are texts.

use std::ops::Range;

use regex::bytes::{CaptureLocations, Regex};
use trial::fields::split;
use trial::profile::{DeviceProfile, FlagCondition, Place, Point, TextPlace};

/// One message: how it is known, and what was found in the frame that was looked at last.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    literal: Option<(usize, Vec<u8>)>,
    pattern: Option<Pattern>,
    separator: Option<u8>,
    decimal: u8,
    /// The number of fields that it has, and where those of the last frame stand.
    fields: Option<(usize, Vec<Range<usize>>)>,
    /// Bytes before the checksum or the end that the numbers of its points need.
    needed: usize,
}

#[derive(Debug, Clone)]
struct Pattern {
    matcher: Regex,
    groups: CaptureLocations,
}

/// A frame that fits a message.
pub(crate) struct Found<'a> {
    /// The frame without escapes.
    pub(super) content: &'a [u8],
    body: Range<usize>,
    message: &'a Message,
}

impl Message {
    /// All messages of a profile, in its order.
    pub(crate) fn all(profile: &DeviceProfile) -> Vec<Message> {
        let layouts = profile.layout.iter();
        let messages = layouts.flat_map(|layout| layout.messages.iter().map(move |m| (layout, m)));
        let message = |(index, (layout, message)): (usize, (_, &trial::profile::MessageLayout))| {
            let layout: &trial::profile::FrameLayout = layout;
            // A resolved profile has only patterns that compile.
            let matcher = message.matcher().ok().flatten();
            let pattern = matcher.map(|matcher| {
                let groups = matcher.capture_locations();
                Pattern { matcher, groups }
            });
            let needed = profile.points.iter().map(|point| needed(point, index)).max();
            Message {
                literal: message.literal.clone(),
                pattern,
                separator: layout.separator,
                decimal: layout.decimal,
                fields: message.fields.map(|count| (count, Vec::with_capacity(count))),
                needed: needed.unwrap_or(0),
            }
        };
        messages.enumerate().map(message).collect()
    }

    /// Whether a frame without escapes, whose text is `body`, is this message.
    pub(crate) fn find<'a>(
        &'a mut self,
        content: &'a [u8],
        body: Range<usize>,
    ) -> Option<Found<'a>> {
        let literal = self.literal.as_ref().is_none_or(|(offset, bytes)| {
            content.get(*offset..).is_some_and(|rest| rest.starts_with(bytes))
        });
        if !literal || body.end < self.needed {
            return None;
        }
        let text = content.get(body.clone())?;
        if let Some((count, fields)) = &mut self.fields
            && !(split(text, self.separator?, fields) && fields.len() == *count)
        {
            return None;
        }
        if let Some(Pattern { matcher, groups }) = &mut self.pattern {
            matcher.captures_read(groups, text)?;
        }
        Some(Found { content, body, message: self })
    }

    /// Decimal mark of the numbers in its texts.
    pub(super) fn decimal_mark(&self) -> u8 {
        self.decimal
    }

    /// The number of a named group of the pattern.
    fn group(&self, name: &str) -> Option<usize> {
        let mut names = self.pattern.as_ref()?.matcher.capture_names();
        names.position(|known| known == Some(name))
    }
}

/// Where a text stands, with the groups of the pattern by number.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Field(usize),
    Group(usize),
    Span(Range<usize>),
    /// A group that the pattern does not have.
    Nowhere,
}

impl Text {
    pub(super) fn new(place: &TextPlace, message: &Message) -> Text {
        match place {
            TextPlace::Field(number) => Text::Field(usize::from(*number).saturating_sub(1)),
            TextPlace::Group(name) => message.group(name).map_or(Text::Nowhere, Text::Group),
            TextPlace::Span { start, length } => Text::Span(*start..start.saturating_add(*length)),
        }
    }
}

impl Found<'_> {
    /// A text without the blanks around it; `None` if the frame does not have it whole.
    pub(super) fn text(&self, place: &Text) -> Option<&[u8]> {
        let body = || self.content.get(self.body.clone());
        let text = match place {
            Text::Field(number) => {
                if let Some((_, fields)) = &self.message.fields {
                    return body()?.get(fields.get(*number)?.clone());
                }
                let separator = self.message.separator?;
                body()?.split(|byte| *byte == separator).nth(*number)
            }
            Text::Group(number) => {
                let (start, end) = self.message.pattern.as_ref()?.groups.get(*number)?;
                body()?.get(start..end)
            }
            Text::Span(span) if span.end <= self.body.end => self.content.get(span.clone()),
            Text::Span(_) | Text::Nowhere => None,
        };
        text.map(<[u8]>::trim_ascii)
    }
}

/// Bytes that the numbers of a point of a message need, texts apart.
fn needed(point: &Point, of: usize) -> usize {
    let number = match point.place {
        Place::MessageNumber { message, offset, encoding } if message == of => {
            offset + encoding.byte_length()
        }
        Place::MessageText { message, .. } if message == of => 0,
        _ => return 0,
    };
    let status = &point.status;
    let bits = status.decimals.iter().map(|(bits, _)| bits).chain(&status.negative);
    let flags = status.flags.iter().filter_map(|flag| match &flag.when {
        FlagCondition::Bits(bits, _) => Some(bits),
        FlagCondition::Text(..) => None,
    });
    bits.chain(flags).map(|bits| bits.offset + 1).fold(number, usize::max)
}
