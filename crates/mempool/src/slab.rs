//! Storage of transactions under small ids, each in two doubly linked lists: by age and by
//! `valid_until`. Linking and unlinking take constant time.

use althing_types::SignedTransaction;

/// No id.
pub(crate) const NONE: u32 = u32::MAX;

/// Which of the two lists of an entry is meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Chain {
    /// All entries, oldest first.
    Age = 0,
    /// Entries with the same `valid_until`.
    Until = 1,
}

#[derive(Clone, Copy, Debug)]
struct Links {
    previous: u32,
    next: u32,
}

const UNLINKED: Links = Links { previous: NONE, next: NONE };

/// One transaction of the pool.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) tx: SignedTransaction,
    pub(crate) sender: u32,
    pub(crate) local: bool,
    pub(crate) nonce: u64,
    pub(crate) arrival: u64,
    pub(crate) received_ms: u64,
    links: [Links; 2],
}

impl Entry {
    pub(crate) const fn new(
        tx: SignedTransaction,
        sender: u32,
        nonce: u64,
        arrival: u64,
        received_ms: u64,
        local: bool,
    ) -> Self {
        Self { tx, sender, local, nonce, arrival, received_ms, links: [UNLINKED; 2] }
    }
}

/// The two ends of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    head: u32,
    tail: u32,
}

impl List {
    pub(crate) const EMPTY: Self = Self { head: NONE, tail: NONE };

    /// The first id.
    pub(crate) const fn first(&self) -> Option<u32> {
        if self.head == NONE { None } else { Some(self.head) }
    }
}

/// Entries under ids that are reused.
#[derive(Debug, Default)]
pub(crate) struct Slab {
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
}

impl Slab {
    pub(crate) fn add(&mut self, entry: Entry) -> u32 {
        if let Some(id) = self.free.pop() {
            self.entries[id as usize] = Some(entry);
            return id;
        }
        let id = u32::try_from(self.entries.len()).expect("a pool holds fewer than 2^32 entries");
        assert_ne!(id, NONE, "a pool holds fewer than 2^32 - 1 entries");
        self.entries.push(Some(entry));
        id
    }

    pub(crate) fn take(&mut self, id: u32) -> Entry {
        self.free.push(id);
        self.entries[id as usize].take().expect("indices hold ids of live entries only")
    }

    pub(crate) fn get(&self, id: u32) -> Option<&Entry> {
        self.entries.get(id as usize)?.as_ref()
    }

    pub(crate) fn entry(&self, id: u32) -> &Entry {
        self.entries[id as usize].as_ref().expect("indices hold ids of live entries only")
    }

    fn links(&mut self, id: u32, chain: Chain) -> &mut Links {
        let entry = self.entries[id as usize].as_mut();
        &mut entry.expect("lists hold ids of live entries only").links[chain as usize]
    }

    pub(crate) fn push_back(&mut self, chain: Chain, list: &mut List, id: u32) {
        *self.links(id, chain) = Links { previous: list.tail, next: NONE };
        match list.tail {
            NONE => list.head = id,
            tail => self.links(tail, chain).next = id,
        }
        list.tail = id;
    }

    pub(crate) fn unlink(&mut self, chain: Chain, list: &mut List, id: u32) {
        let Links { previous, next } = std::mem::replace(self.links(id, chain), UNLINKED);
        match previous {
            NONE => list.head = next,
            previous => self.links(previous, chain).next = next,
        }
        match next {
            NONE => list.tail = previous,
            next => self.links(next, chain).previous = previous,
        }
    }
}
