//! XML, one element at a time, every size bounded. Entities cannot be declared and so cannot expand.

use crate::{Cause, Fault, Place, fault::shown};
use quick_xml::{
    Error, Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};
use std::io::{self, BufRead, Read};

/// The longest tag, text or comment, and the longest text of one element.
pub(super) const MAX_PIECE: usize = 256 * 1024;

/// The deepest nesting.
pub(super) const MAX_DEPTH: usize = 32;

/// Lets one piece of the document through at a time, and counts bytes.
struct Guard<R> {
    inner: R,
    offset: u64,
    left: usize,
}

impl<R: BufRead> BufRead for Guard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let bytes = self.inner.fill_buf()?;
        if self.left == 0 && !bytes.is_empty() {
            return Err(io::Error::other("a piece of the document is too long"));
        }
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.left -= amount;
        self.offset += amount as u64;
    }
}

impl<R: BufRead> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// An element that is open.
struct Element {
    /// The name without its prefix.
    name: String,
    /// Which one it is among its siblings of the same kind, where they are counted.
    number: Option<u64>,
    /// How many of its children have been counted.
    children: u64,
}

/// Elements that are counted in paths.
const COUNTED: &[&str] = &["entry", "IntervalBlock", "IntervalReading"];

/// What comes next in a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An element begins.
    Open,
    /// An Atom link: its `rel` and `href`.
    Link(String, String),
    /// An element ends; its text is [`Walker::text`].
    Close,
    /// The document ends.
    End,
}

/// Walks through a document.
pub(super) struct Walker<R> {
    reader: Reader<Guard<R>>,
    buffer: Vec<u8>,
    path: Vec<Element>,
    text: String,
    /// Whether the last step closed the innermost element, which is still in the path.
    closed: bool,
    /// Whether a link was opened, whose end is not told.
    finished: bool,
}

impl<R: BufRead> Walker<R> {
    pub(super) fn new(inner: R) -> Self {
        let mut reader = Reader::from_reader(Guard { inner, offset: 0, left: MAX_PIECE });
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            path: Vec::new(),
            text: String::new(),
            closed: false,
            finished: false,
        }
    }

    /// Where the walk is.
    pub(super) fn place(&self) -> Place {
        let mut path = String::new();
        for element in &self.path {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(&element.name);
            if let Some(number) = element.number {
                path.push_str(&format!("[{number}]"));
            }
        }
        if path.is_empty() {
            path.push_str("document");
        }
        Place::Element { path, offset: self.reader.get_ref().offset }
    }

    pub(super) fn fault(&self, cause: Cause) -> Fault {
        Fault::new(self.place(), cause)
    }

    /// The text of the element that was closed last, without spaces around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// Names of the open elements below the Atom entry's content: `["IntervalBlock", …]`.
    pub(super) fn resource_is(&self, names: &[&str]) -> bool {
        let below = self.content_depth();
        self.path.len() == below + names.len()
            && self.path[..below].last().is_some_and(|element| element.name == "content")
            && self.path[below..].iter().zip(names).all(|(element, name)| element.name == *name)
    }

    /// The name of the resource in the entry's content, when the walk is exactly there.
    pub(super) fn resource(&self) -> Option<&str> {
        let below = self.content_depth();
        let content = self.path.get(below.checked_sub(1)?)?;
        (content.name == "content" && self.path.len() == below + 1)
            .then(|| self.path[below].name.as_str())
    }

    /// Whether the innermost element is an entry of the feed (or the root itself).
    pub(super) fn is_entry(&self) -> bool {
        self.path.len() + 1 == self.content_depth()
            && self.path.last().is_some_and(|element| element.name == "entry")
    }

    /// Whether the parent of the innermost element is an entry.
    pub(super) fn is_in_entry(&self) -> bool {
        self.path.len() == self.content_depth()
    }

    /// Open elements down to and with `content`: one more under a feed than under a lone entry.
    fn content_depth(&self) -> usize {
        if self.path.first().is_some_and(|element| element.name == "feed") { 3 } else { 2 }
    }

    /// The next step.
    pub(super) fn step(&mut self) -> Result<Step, Fault> {
        if self.closed {
            self.closed = false;
            self.text.clear();
            self.path.pop();
            self.finished = self.path.is_empty();
        }
        loop {
            self.reader.get_mut().left = MAX_PIECE;
            // The buffer leaves the walker for the time of one event, which borrows it.
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.clear();
            let step = match self.reader.read_event_into(&mut buffer) {
                Ok(event) => self.event(event),
                Err(error) => Err(self.broken(error)),
            };
            self.buffer = buffer;
            match step {
                Ok(Some(step)) => return Ok(step),
                Ok(None) => {}
                Err(cause) => return Err(self.fault(cause)),
            }
        }
    }

    fn broken(&self, error: Error) -> Cause {
        match error {
            Error::Io(_) if self.reader.get_ref().left == 0 => {
                Cause::XmlTooLong { limit: MAX_PIECE }
            }
            Error::Io(error) => Cause::Io { message: error.to_string() },
            Error::Encoding(_) => Cause::NotUtf8,
            error => Cause::XmlMalformed { message: shown(&error.to_string()) },
        }
    }

    fn event(&mut self, event: Event<'_>) -> Result<Option<Step>, Cause> {
        match event {
            Event::Start(start) | Event::Empty(start) => self.open(&start).map(Some),
            Event::End(_) => {
                self.closed = true;
                Ok(Some(Step::Close))
            }
            Event::Text(text) => self.append(&text),
            Event::CData(text) => self.append(&text),
            Event::GeneralRef(name) => {
                let text = reference(&name)?;
                self.append(text.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err(Cause::XmlDoctype),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Ok(None),
            Event::Eof => self.end().map(Some),
        }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<Step, Cause> {
        // Names of the format are short; of a longer one, a message shows the beginning.
        let name = shown(start.local_name().as_ref());
        if self.path.is_empty() && (self.finished || !matches!(name.as_str(), "feed" | "entry")) {
            return Err(Cause::EspiNotAFeed { root: name });
        }
        if self.path.len() == MAX_DEPTH {
            return Err(Cause::XmlTooDeep { limit: MAX_DEPTH });
        }
        let mut number = None;
        if COUNTED.contains(&name.as_str())
            && let Some(parent) = self.path.last_mut()
        {
            parent.children += 1;
            number = Some(parent.children);
        }
        let is_link = name == "link";
        self.path.push(Element { name, number, children: 0 });
        self.text.clear();
        let (mut rel, mut href) = (None, None);
        for attribute in start.attributes() {
            let malformed = |message: String| Cause::XmlMalformed { message: shown(&message) };
            let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
            if !is_link {
                continue;
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| malformed(error.to_string()))?;
            match attribute.key.as_ref() {
                "rel" => rel = Some(value.into_owned()),
                "href" => href = Some(value.into_owned()),
                _ => {}
            }
        }
        Ok(match (rel, href) {
            (Some(rel), Some(href)) => Step::Link(rel, href),
            _ => Step::Open,
        })
    }

    fn append(&mut self, text: &str) -> Result<Option<Step>, Cause> {
        if self.path.is_empty()
            && !text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty()
        {
            let message = "text outside of the root element".to_owned();
            return Err(Cause::XmlMalformed { message });
        }
        if self.text.len() + text.len() > MAX_PIECE {
            return Err(Cause::XmlTooLong { limit: MAX_PIECE });
        }
        self.text.push_str(text);
        Ok(None)
    }

    fn end(&self) -> Result<Step, Cause> {
        match self.path.last() {
            Some(element) => {
                let message = format!("the document ends inside {}", element.name);
                Err(Cause::XmlMalformed { message })
            }
            None if !self.finished => Err(Cause::Empty),
            None => Ok(Step::End),
        }
    }
}

/// A character of its own or one of the five entities of XML.
fn reference(name: &BytesRef<'_>) -> Result<char, Cause> {
    let unknown = || Cause::XmlEntity { name: shown(name) };
    if name.is_char_ref() {
        return name.resolve_char_ref().ok().flatten().ok_or_else(unknown);
    }
    match name.as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(unknown()),
    }
}
