//! Which route answers. The order, from the first that counts:
//!
//! 1. the host: a name, then `*.name` with the longest name, then routes for every host;
//! 2. `priority`, the higher first;
//! 3. the path, segment by segment from the left: fixed text, then `{one}`, then `{*rest}`;
//! 4. what else is asked: a list of methods, then the number of header fields, of query pairs, a scheme, the newer version;
//! 5. routes of the file before those of services and of the door itself.
//!
//! The first whose conditions all hold answers. Two routes that this leaves equal are refused when the file is read.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::ControlFlow;

use http::Method;

use super::condition::{Asked, Conditions, Misfit};
use super::host::HostPattern;
use super::pattern::{PathPattern, Segment};

/// What decides whether a route answers, beside its hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) pattern: PathPattern,
    pub(crate) conditions: Conditions,
    pub(crate) priority: i32,
    pub(crate) origin: Origin,
}

/// Who declared a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    File,
    House,
}

#[derive(Debug)]
pub(crate) struct Candidate<T> {
    pub(crate) rule: Rule,
    pub(crate) value: T,
}

/// All routes, as a request finds them.
#[derive(Debug)]
pub(crate) struct Table<T> {
    exact: HashMap<Box<str>, Tree<T>>,
    below: HashMap<Box<str>, Tree<T>>,
    any: Tree<T>,
}

#[derive(Debug)]
struct Tree<T> {
    root: Node<T>,
    /// The highest priority in it: who has it need not look further.
    top: i32,
}

#[derive(Debug)]
struct Node<T> {
    /// Sorted.
    literals: Vec<(Box<str>, Node<T>)>,
    one: Option<Box<Node<T>>>,
    here: Vec<Candidate<T>>,
    rest: Vec<Candidate<T>>,
}

/// What a request is, for finding its route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'r> {
    /// Lower case, without port and without a dot at its end.
    pub(crate) host: Option<&'r str>,
    pub(crate) path: &'r str,
}

/// Why nobody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Nobody {
    NotFound,
    /// Routes have the path, for these methods alone.
    Method(Vec<Method>),
    /// Routes have the path, in these versions alone.
    Version(Vec<u32>),
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { literals: Vec::new(), one: None, here: Vec::new(), rest: Vec::new() }
    }
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self { root: Node::default(), top: i32::MIN }
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { exact: HashMap::new(), below: HashMap::new(), any: Tree::default() }
    }
}

impl<T: Clone> Table<T> {
    /// Adds a route; with no hosts it is for every host.
    pub(crate) fn insert(&mut self, hosts: &[HostPattern], rule: &Rule, value: &T) {
        if hosts.is_empty() {
            self.any.insert(Candidate { rule: rule.clone(), value: value.clone() });
        }
        for host in hosts {
            let tree = match host {
                HostPattern::Exact(name) => self.exact.entry(name.clone()).or_default(),
                HostPattern::Below(name) => self.below.entry(name.clone()).or_default(),
            };
            tree.insert(Candidate { rule: rule.clone(), value: value.clone() });
        }
    }
}

impl<T> Table<T> {
    /// Whether any route asks for a host, so that it is worth finding out.
    pub(crate) fn has_hosts(&self) -> bool {
        !self.exact.is_empty() || !self.below.is_empty()
    }

    pub(crate) fn find(&self, place: Place<'_>, asked: &Asked<'_>) -> Option<&Candidate<T>> {
        self.trees(place.host).find_map(|tree| tree.find(place.path, asked))
    }

    /// Every route that has host and path, in no order, with the reason why it does not fit.
    pub(crate) fn considered(&self, place: Place<'_>, asked: &Asked<'_>) -> Vec<(&Candidate<T>, Option<Misfit>)> {
        let mut all = Vec::new();
        for tree in self.trees(place.host) {
            let _all = tree.root.walk(place.path.strip_prefix('/'), &mut |candidates| {
                all.extend(candidates.iter().map(|candidate| (candidate, candidate.rule.conditions.check(asked).err())));
                ControlFlow::Continue(())
            });
        }
        all
    }

    /// Why there is none; asked only where there is none.
    #[cold]
    pub(crate) fn nobody(&self, place: Place<'_>, asked: &Asked<'_>) -> Nobody {
        let near = self.considered(place, asked);
        let of =
            |misfit| near.iter().filter(move |(_, why)| *why == Some(misfit)).map(|(candidate, _)| &candidate.rule.conditions);
        let mut methods: Vec<Method> = of(Misfit::Method).flat_map(|conditions| conditions.methods.iter().cloned()).collect();
        if !methods.is_empty() {
            if methods.contains(&Method::GET) {
                methods.push(Method::HEAD);
            }
            methods.sort_by(|one, other| one.as_str().cmp(other.as_str()));
            methods.dedup();
            return Nobody::Method(methods);
        }
        let mut versions: Vec<u32> = of(Misfit::Version).filter_map(|conditions| conditions.version).collect();
        versions.sort_unstable();
        versions.dedup();
        if versions.is_empty() { Nobody::NotFound } else { Nobody::Version(versions) }
    }

    fn trees<'t, 'h>(&'t self, host: Option<&'h str>) -> impl Iterator<Item = &'t Tree<T>> + use<'t, 'h, T> {
        let exact = host.filter(|_| !self.exact.is_empty()).and_then(|host| self.exact.get(host));
        let below = host.filter(|_| !self.below.is_empty());
        let suffixes = below.into_iter().flat_map(|host| host.match_indices('.').filter_map(move |(at, _)| host.get(at + 1..)));
        let below = suffixes.filter_map(|suffix| self.below.get(suffix));
        exact.into_iter().chain(below).chain([&self.any])
    }
}

impl<T> Tree<T> {
    fn insert(&mut self, candidate: Candidate<T>) {
        self.top = self.top.max(candidate.rule.priority);
        let mut node = &mut self.root;
        let segments = candidate.rule.pattern.segments().to_vec();
        for segment in segments {
            node = match segment {
                Segment::Literal(literal) => node.literal(literal),
                Segment::One => node.one.get_or_insert_default(),
                Segment::Rest => return add(&mut node.rest, candidate),
            };
        }
        add(&mut node.here, candidate);
    }

    fn find(&self, path: &str, asked: &Asked<'_>) -> Option<&Candidate<T>> {
        let mut best: Option<&Candidate<T>> = None;
        let _found = self.root.walk(path.strip_prefix('/'), &mut |candidates| {
            for candidate in candidates {
                let better = best.is_none_or(|best| candidate.rule.priority > best.rule.priority);
                if better && candidate.rule.conditions.check(asked).is_ok() {
                    best = Some(candidate);
                    if candidate.rule.priority == self.top {
                        return ControlFlow::Break(());
                    }
                }
            }
            ControlFlow::Continue(())
        });
        best
    }
}

/// In the order in which they are tried.
fn add<T>(candidates: &mut Vec<Candidate<T>>, candidate: Candidate<T>) {
    candidates.push(candidate);
    candidates.sort_by_key(|candidate| {
        let rule = &candidate.rule;
        (Reverse(rule.priority), Reverse(rule.conditions.weight()), rule.origin)
    });
}

impl<T> Node<T> {
    fn literal(&mut self, text: Box<str>) -> &mut Self {
        let at = match self.literals.binary_search_by(|(known, _)| known.cmp(&text)) {
            Ok(at) => at,
            Err(at) => {
                self.literals.insert(at, (text, Self::default()));
                at
            }
        };
        &mut self.literals[at].1
    }

    /// Goes to every pattern that has the path, the more specific first. `left` is what comes after the last slash; none at the end.
    /// Each node is reached by one way only, so this takes no longer than there are nodes.
    fn walk<'t>(&'t self, left: Option<&str>, visit: &mut impl FnMut(&'t [Candidate<T>]) -> ControlFlow<()>) -> ControlFlow<()> {
        let Some(left) = left else { return visit(&self.here) };
        let (segment, after) = match memchr::memchr(b'/', left.as_bytes()) {
            Some(at) => (&left[..at], Some(&left[at + 1..])),
            None => (left, None),
        };
        if let Ok(at) = self.literals.binary_search_by(|(known, _)| (**known).cmp(segment)) {
            self.literals[at].1.walk(after, visit)?;
        }
        if let Some(one) = self.one.as_ref().filter(|_| !segment.is_empty()) {
            one.walk(after, visit)?;
        }
        if self.rest.is_empty() { ControlFlow::Continue(()) } else { visit(&self.rest) }
    }
}

#[cfg(test)]
mod tests;
