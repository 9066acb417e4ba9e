//! What a rule is, what it is given, and what it says.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::alignment::{Alignment, BodyMetrics, PairMetrics, Side, TwoTierGap, at_least, more_than};
use crate::budgets::{Agreement, BudgetLine, BudgetPair, Cycle, Governance, Priority, Reach};
use crate::config::Tolerances;
use crate::domain::{Area, Basis, Finding, Layer, Pence, People, RelationPair, Severity};
use crate::nesting::Nesting;
use crate::succession::Succession;
use crate::words::named_by_kind;

use super::message::Values;
use super::sources::cited;

/// Version of the rules as a whole: changes when a condition, a default or a severity does.
pub const RULE_VERSION: &str = "3";

/// Everything that was measured or read. Rules get evidence, never files.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Layers of the run.
    pub layers: &'a [Layer],
    /// Alignments of health bodies with councils (not with districts).
    pub alignments: &'a [Alignment],
    /// The nearest nested arrangements of each of them, one a basis.
    pub nestings: &'a [Vec<Nesting>],
    /// Two-tier comparisons, for alignments that name a district layer.
    pub two_tier: &'a [TwoTier<'a>],
    /// Successions and what-if proposals.
    pub successions: &'a [Succession],
    /// Lines of every budget.
    pub lines: &'a [BudgetLine],
    /// Money of the pairs, by alignment id.
    pub budget_pairs: &'a [(String, Vec<BudgetPair>)],
    /// Joint agreements; `None` without any agreements table.
    pub agreements: Option<&'a [Agreement]>,
    /// Planning cycles; `None` without any cycles table.
    pub cycles: Option<&'a [Cycle]>,
    /// Governance rows; `None` without any governance table.
    pub governance: Option<&'a [Governance]>,
    /// Services that NHS bodies put first; `None` without any priorities table.
    pub priorities: Option<&'a [Priority]>,
    /// Fundholding, total purchasing, pilots and zones in the bodies they are at work in.
    pub schemes: &'a [Reach],
    /// Findings of the run so far.
    pub findings: &'a [Finding],
    /// `[tolerances]` of the run.
    pub tolerances: &'a Tolerances,
    /// Whether care trusts and integrated boards are judged as if health and social care were not one in them; false but to see what that spares.
    pub as_if_separate: bool,
}

/// An alignment's comparison with the districts.
#[derive(Debug, Clone, Copy)]
pub struct TwoTier<'a> {
    /// Health x councils with social services.
    pub council: &'a Alignment,
    /// The same health layer x districts.
    pub district: &'a Alignment,
    /// The bodies that match districts and not a council.
    pub gaps: &'a [TwoTierGap],
}

/// Where the people and the money that a rule exposes are: whom [`crate::places`] counts, each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposes {
    /// In the pair of subject and partner.
    Pair,
    /// In all of the subject.
    Body,
    /// In the crossing parts of the subject.
    Parts,
    /// In the crossing parts between the bodies of the component that the subject names.
    Component,
    /// In no part that a map shows.
    Nowhere,
}

impl Exposes {
    /// In a sentence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pair => "those of the pair",
            Self::Body => "those of the body",
            Self::Parts => "those in its crossing parts",
            Self::Component => "those in the crossing parts of the component",
            Self::Nowhere => "none, as no place on the map holds them",
        }
    }
}

/// One rule, complete in one place.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Id, which never changes its meaning ("BND-01").
    pub id: &'static str,
    /// Family: BND, MRG, BUD, CYC, LVL, GOV, DQ.
    pub family: &'static str,
    /// A few words.
    pub title: &'static str,
    /// Usual severity. What a row has is in its `severity`; no boundary or money rule is above low about a body without a crossing part.
    pub severity: Severity,
    /// When it fires, thresholds by name.
    pub condition: &'static str,
    /// Thresholds: (name, default). A rule with one threshold calls it `value`.
    pub thresholds: &'static [(&'static str, f64)],
    /// What the row carries as evidence.
    pub evidence: &'static str,
    /// Whom it exposes.
    pub exposes: Exposes,
    /// Its message: a template with names of values in braces ([`super::VALUES`]), and in square brackets what is left out where a value is not
    /// known.
    pub message: &'static str,
    /// Keys of the [sources](super::SOURCES) that it comes from.
    pub source: &'static [&'static str],
    /// What it is judged by: crossing parts, significant pairs, classes, or what a table states.
    pub rests_on: &'static str,
    /// Looks for it.
    pub check: fn(&Evidence<'_>, &Thresholds<'_>, &mut Vec<Obstruction>),
}

/// A rule's thresholds in this run.
#[derive(Debug, Clone)]
pub struct Thresholds<'a> {
    /// The rule.
    pub rule: &'a Rule,
    pub(super) values: BTreeMap<&'static str, f64>,
    /// Whether what it finds gets its words: values of the message and source.
    pub(super) worded: bool,
}

impl Thresholds<'_> {
    /// Threshold `name`; not a number where the rule has none of that name, so that no comparison holds.
    pub fn get(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or(f64::NAN)
    }

    /// The rule's one threshold.
    pub fn value(&self) -> f64 {
        self.get("value")
    }

    /// Whether a figure is at least threshold `name`, both taken as the decimals they stand for: 4.1 - 3.1 is 1.
    pub(super) fn reached(&self, name: &str, figure: f64) -> bool {
        at_least(figure, self.get(name))
    }

    /// Whether a figure is more than threshold `name`, both taken as the decimals they stand for: 0.4 - 0.3 is not more than 0.1.
    pub(super) fn exceeded(&self, name: &str, figure: f64) -> bool {
        more_than(figure, self.get(name))
    }
}

/// How sure an obstruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// What was measured decides it, and it stays at the bounds of that and under the other tolerances.
    Stable,
    /// A bound or another tolerance of what was measured would say otherwise, whoever decides it.
    Unstable,
    /// What a table of the user states decides it, about bodies that stay what they are at the bounds.
    Declared,
}

impl Confidence {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Unstable => "unstable",
            Self::Declared => "declared",
        }
    }
}

/// A conclusion about joint working (one row of table `obstruction`), with the numbers it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Obstruction {
    /// Rule id.
    pub id: Cow<'static, str>,
    /// The rule in a few words.
    pub title: Cow<'static, str>,
    /// Rule family; "OWN" for a rule of the config's.
    pub family: &'static str,
    /// Severity.
    pub severity: Severity,
    /// Alignment, succession or what-if id; `None` for findings.
    pub alignment: Option<String>,
    /// Layer of the subject; `None` where it is about no body of one layer.
    pub subject_layer: Option<String>,
    /// Side of the subject; `None` for findings.
    pub subject_side: Option<Side>,
    /// Code of the body it is about (a component: its smallest code; a finding: the layer or budget it was met in).
    pub subject_code: Option<String>,
    /// Name of the body.
    pub subject_name: Option<String>,
    /// Code of the body on the other side, where it is about a pair.
    pub partner_code: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// Fiscal year.
    pub fiscal_year: Option<String>,
    /// What it is about besides, where bodies, service and year do not say: an agreement's id, the row that a rule of the config asked.
    pub about: Option<String>,
    /// What was measured.
    pub metric: Cow<'static, str>,
    /// Its value; `None` for a plain fact.
    pub value: Option<f64>,
    /// The threshold that the value was compared with.
    pub threshold: Option<f64>,
    /// Unit of both.
    pub unit: Cow<'static, str>,
    /// Whom it exposes.
    pub exposes: Exposes,
    /// People exposed.
    pub people: Option<People>,
    /// Pence exposed.
    pub pence: Option<Pence>,
    /// How sure it is.
    pub confidence: Confidence,
    /// [`RULE_VERSION`].
    pub rule_version: &'static str,
    /// Citations of where the rule comes from.
    pub source: Cow<'static, str>,
    /// Values of the message by name, as the check found them.
    pub values: Values,
    /// One plain sentence: the template with the values filled in, once the rule has run.
    pub message: String,
}

impl Thresholds<'_> {
    /// An obstruction of this rule with its usual severity, the values of its message, and nothing measured yet.
    pub(super) fn found(&self, values: impl FnOnce() -> Values) -> Obstruction {
        Obstruction {
            id: Cow::Borrowed(self.rule.id),
            title: Cow::Borrowed(self.rule.title),
            family: self.rule.family,
            severity: self.rule.severity,
            alignment: None,
            subject_layer: None,
            subject_side: None,
            subject_code: None,
            subject_name: None,
            partner_code: None,
            service: None,
            fiscal_year: None,
            about: None,
            metric: Cow::Borrowed(""),
            value: None,
            threshold: None,
            unit: Cow::Borrowed(""),
            exposes: self.rule.exposes,
            people: None,
            pence: None,
            confidence: Confidence::Stable,
            rule_version: RULE_VERSION,
            source: if self.worded { Cow::Owned(cited(self.rule.source)) } else { Cow::Borrowed("") },
            values: if self.worded { values() } else { Values::new() },
            message: String::new(),
        }
    }

    /// An obstruction between the two bodies of a significant pair: about the NHS body, with the council, exposing the people of both.
    ///
    /// What tables state of the two decides it, so it is declared; unstable, where the pair would not be significant at the bounds of what was
    /// measured.
    pub(super) fn between(&self, view: View<'_>, pair: PairView<'_>, values: impl FnOnce() -> Values) -> Obstruction {
        self.found(values)
            .about(view, Side::Health, pair.pair.left)
            .with(view, Side::Council, pair.pair.right)
            .people(pair.pair.amounts.people)
            .declared_if(pair.significant_stable)
    }
}

/// What tells an obstruction from every other ([`Obstruction::identity`]); those that differ most come first, since these are compared often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity<'a> {
    subject: Option<&'a str>,
    partner: Option<&'a str>,
    id: &'a str,
    about: Option<&'a str>,
    service: Option<&'a str>,
    year: Option<&'a str>,
    side: Option<Side>,
    layer: Option<&'a str>,
    alignment: Option<&'a str>,
}

impl Obstruction {
    /// Says what it is about: a body of an alignment.
    pub(super) fn about(mut self, view: View<'_>, side: Side, body: usize) -> Self {
        self.alignment = Some(view.alignment.id.clone());
        self.subject_layer = Some(view.layer(side).to_owned());
        self.subject_side = Some(side);
        self.subject_code = view.body(side, body).map(|body| body.code.clone());
        self.subject_name = view.body(side, body).and_then(|body| body.name.clone());
        self
    }

    /// Names the body on the other side.
    pub(super) fn with(mut self, view: View<'_>, side: Side, body: usize) -> Self {
        self.partner_code = view.body(side, body).map(|body| body.code.clone());
        self
    }

    /// Says what it is about besides bodies, service and year, such as an agreement's id.
    pub(super) fn regarding(mut self, what: &str) -> Self {
        self.about = Some(what.to_owned());
        self
    }

    /// What tells this obstruction from every other.
    ///
    /// Rule, alignment, subject, partner, service, fiscal year and what it is about, as far as it has them. What was measured, how severe it is
    /// and what it is called are not in it, so that a new figure or name is a change of the same obstruction. BUD-01 is about the latest year,
    /// whichever that is, so its year is not in it either.
    pub fn identity(&self) -> Identity<'_> {
        let subject = self.subject_code.as_deref();
        Identity {
            subject,
            partner: self.partner_code.as_deref(),
            id: &self.id,
            about: self.about.as_deref(),
            service: self.service.as_deref(),
            year: self.fiscal_year.as_deref().filter(|_| self.id != "BUD-01"),
            side: self.subject_side.filter(|_| subject.is_some()),
            // The bodies of a succession are of two layers, which may share codes.
            layer: self.subject_layer.as_deref().filter(|_| subject.is_some() && self.family == "MRG"),
            alignment: self.alignment.as_deref(),
        }
    }

    /// The text that names this obstruction, in this run and in the next where the fact is the same (column `obstruction_key`): its
    /// [`identity`](Self::identity) written out.
    pub fn key(&self) -> String {
        let named = self.identity();
        let mut key = named.id.to_owned();
        let mut add = |name: &str, value: &str| {
            key.push('/');
            key.push_str(name);
            if !value.contains(['%', '/', '#']) {
                key.push_str(value);
                return;
            }
            for letter in value.chars() {
                match letter {
                    '%' => key.push_str("%25"),
                    '/' => key.push_str("%2F"),
                    '#' => key.push_str("%23"),
                    letter => key.push(letter),
                }
            }
        };
        if let Some(alignment) = named.alignment {
            add("", alignment);
        }
        if let Some(code) = named.subject {
            let side = named.side.map_or("of", Side::as_str);
            match named.layer {
                Some(layer) => add(&format!("{side}:"), &format!("{layer}:{code}")),
                None => add(&format!("{side}:"), code),
            }
        }
        if let Some(code) = named.partner {
            add("with:", code);
        }
        if let Some(service) = named.service {
            add("service:", service);
        }
        if let Some(year) = named.year {
            add("year:", year);
        }
        if let Some(about) = named.about {
            add("about:", about);
        }
        key
    }

    /// Adds what was measured and the threshold it was compared with.
    pub(super) fn measured(mut self, metric: &'static str, value: f64, threshold: Option<f64>, unit: &'static str) -> Self {
        self.metric = Cow::Borrowed(metric);
        self.value = Some(value);
        self.threshold = threshold.filter(|threshold| threshold.is_finite());
        self.unit = Cow::Borrowed(unit);
        self
    }

    /// Adds a fact that has no figure.
    pub(super) fn fact(mut self, metric: &'static str) -> Self {
        self.metric = Cow::Borrowed(metric);
        self
    }

    /// Sets the people exposed.
    pub(super) fn people(mut self, people: Option<People>) -> Self {
        self.people = people;
        self
    }

    /// Sets the money exposed.
    pub(super) fn pence(mut self, pence: Option<Pence>) -> Self {
        self.pence = pence;
        self
    }

    /// Sets how sure it is.
    pub(super) fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Stable or not, as what it rests on was measured.
    pub(super) fn stable_if(self, stable: bool) -> Self {
        self.confidence(if stable { Confidence::Stable } else { Confidence::Unstable })
    }

    /// Declared by a table about bodies that were measured: unstable where that is.
    pub(super) fn declared_if(self, stable: bool) -> Self {
        self.confidence(if stable { Confidence::Declared } else { Confidence::Unstable })
    }

    /// Says for which service and year: those of a row of table `budget_alignment`.
    pub(super) fn of_row(mut self, row: &BudgetPair) -> Self {
        self.service = row.service.as_deref().map(str::to_owned);
        self.fiscal_year = row.fiscal_year.as_deref().map(str::to_owned);
        self
    }
}

/// An alignment, looked at on the basis that rules judge by: people where it has them, else area.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub alignment: &'a Alignment,
    pub basis: Basis,
    /// The nearest nested arrangement on that basis; `None` where none was measured (districts).
    pub nesting: Option<&'a Nesting>,
    /// What the bodies of either side are (kind of the layer, such as PCT).
    kinds: [&'a str; 2],
}

impl<'a> View<'a> {
    pub fn new(alignment: &'a Alignment) -> Self {
        let basis = if alignment.relation.has_people { Basis::People } else { Basis::Area };
        Self { alignment, basis, nesting: None, kinds: ["NHS body", "council"] }
    }

    /// With who is on the wrong side of which line, and what the bodies are called.
    fn nested(alignment: &'a Alignment, nestings: &'a [Nesting], layers: &'a [Layer]) -> Self {
        let view = Self::new(alignment);
        let kind = |id: &str, other: &'a str| {
            // A layer without a kind has its id in its place, which is no word.
            let of_layer = layers.iter().find(|layer| layer.id == id && layer.kind != layer.id);
            of_layer.map_or(other, |layer| layer.kind.as_str())
        };
        let [health, council] = view.kinds;
        let kinds = [kind(&alignment.health_layer, health), kind(&alignment.council_layer, council)];
        Self { nesting: nestings.iter().find(|nesting| nesting.basis == view.basis), kinds, ..view }
    }

    /// What shares are shares of.
    pub fn whose(self) -> &'static str {
        match self.basis {
            Basis::People => "residents",
            Basis::Area => "land",
        }
    }

    pub fn body(self, side: Side, body: usize) -> Option<&'a crate::domain::Body> {
        match side {
            Side::Health => self.alignment.relation.left.get(body),
            Side::Council => self.alignment.relation.right.get(body),
        }
    }

    /// Id of the layer of a side.
    pub fn layer(self, side: Side) -> &'a str {
        match side {
            Side::Health => &self.alignment.health_layer,
            Side::Council => &self.alignment.council_layer,
        }
    }

    /// Published name, else code; a name that the other side has too says what the body is: "the PCT Norfolk".
    pub fn name(self, side: Side, body: usize) -> String {
        let Some(body) = self.body(side, body) else { return String::new() };
        let Some(name) = &body.name else { return body.code.clone() };
        let relation = &self.alignment.relation;
        let [health, council] = self.kinds;
        let (others, kind) = match side {
            Side::Health => (&relation.right, health),
            Side::Council => (&relation.left, council),
        };
        let shared = others.iter().any(|other| other.name.as_deref() == Some(name));
        if shared { named_by_kind(name, kind) } else { name.clone() }
    }

    pub fn code(self, side: Side, body: usize) -> &'a str {
        self.body(side, body).map_or("", |body| body.code.as_str())
    }

    pub fn people_of(self, side: Side, body: usize) -> Option<People> {
        self.body(side, body).and_then(|body| body.people)
    }

    /// Metrics of the bodies of a side, on the basis judged by.
    pub fn metrics(self, side: Side) -> impl Iterator<Item = &'a BodyMetrics> {
        self.alignment.bodies.iter().filter(move |metrics| metrics.side == side && metrics.basis == self.basis)
    }

    /// Pairs with whether they are significant and their shares of the left and the right body.
    pub fn pairs(self) -> impl Iterator<Item = PairView<'a>> {
        self.alignment.relation.pairs.iter().zip(&self.alignment.pairs).map(move |(pair, metrics)| self.pair_view(pair, metrics))
    }

    /// The pairs of one NHS body, by council.
    pub fn pairs_of(self, left: usize) -> impl Iterator<Item = PairView<'a>> {
        let relation = &self.alignment.relation;
        let from = relation.pairs.partition_point(|pair| pair.left < left);
        let own = relation.pairs.iter().skip(from).take_while(move |pair| pair.left == left);
        own.zip(self.alignment.pairs.iter().skip(from)).map(move |(pair, metrics)| self.pair_view(pair, metrics))
    }

    fn pair_view(self, pair: &'a RelationPair, metrics: &PairMetrics) -> PairView<'a> {
        let (share_left, share_right) = match self.basis {
            Basis::People => (metrics.share_left_people.unwrap_or(0.0), metrics.share_right_people.unwrap_or(0.0)),
            Basis::Area => (metrics.share_left_area.unwrap_or(0.0), metrics.share_right_area.unwrap_or(0.0)),
        };
        PairView { pair, significant: metrics.significant, significant_stable: metrics.significant_stable, share_left, share_right }
    }

    pub fn pair(self, left: usize, right: usize) -> Option<PairView<'a>> {
        let index = self.alignment.relation.pairs.binary_search_by(|pair| (pair.left, pair.right).cmp(&(left, right))).ok()?;
        Some(self.pair_view(self.alignment.relation.pairs.get(index)?, self.alignment.pairs.get(index)?))
    }

    /// The area of a layer that a body is, for its attributes.
    pub fn area(self, evidence: &Evidence<'a>, side: Side, body: usize) -> Option<&'a Area> {
        let layer = evidence.layers.iter().find(|layer| layer.id == self.layer(side))?;
        layer.areas.get(layer.position(self.code(side, body))?)
    }
}

/// One pair, on the basis judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairView<'a> {
    pub pair: &'a RelationPair,
    pub significant: bool,
    pub significant_stable: bool,
    pub share_left: f64,
    pub share_right: f64,
}

/// The views of all alignments.
pub(super) fn views<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = View<'a>> {
    evidence
        .alignments
        .iter()
        .enumerate()
        .map(|(at, alignment)| View::nested(alignment, evidence.nestings.get(at).map_or(&[], Vec::as_slice), evidence.layers))
}
