//! Where a parser is in a text. The grammars of expressions and of formulas are written upon it.

use words::{Message, message};

use super::MAX_DEPTH;

/// A place in a text, and how deep the parser has nested there.
pub(crate) struct Cursor<'a> {
    pub text: &'a str,
    /// In bytes, always at the beginning of a character.
    pub at: usize,
    pub depth: usize,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, depth: 0 }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The refusal of what stands here.
    pub fn wrong(&self) -> Message {
        let text = words::printable(self.text);
        message!("expression-wrong-form", text = text, position = self.at + 1)
    }

    /// Passes over white space.
    pub fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes a symbol if it stands here, white space before it aside.
    pub fn take(&mut self, symbol: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    /// Goes one level deeper; the caller comes back by lowering `depth`.
    pub fn deeper(&mut self) -> Result<(), Message> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(message!("expression-too-deep", limit = MAX_DEPTH));
        }
        Ok(())
    }
}
