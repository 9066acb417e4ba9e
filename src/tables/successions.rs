//! What successions and what-if mergers say.

use super::{ColumnSpec, NONE, SHARE, Table, TableSpec, Value};
use crate::succession::{Chain, Succession, count_effects};

/// Table `succession`.
pub static SUCCESSION: TableSpec = TableSpec {
    name: "succession",
    description: "One row a link between a predecessor and a successor, of a succession or a what-if proposal; new and abolished bodies have a row with `__none__`.",
    key: 3,
    columns: &[
        ColumnSpec::text("succession", "Succession or what-if id from the config."),
        ColumnSpec::text("from_code", "Code of the predecessor; `__none__` for a new body."),
        ColumnSpec::text("to_code", "Code of the successor; `__none__` for an abolished body."),
        ColumnSpec::text("from_name", "Name of the predecessor; null for `__none__` or without names.").or_null(),
        ColumnSpec::text("to_name", "Name of the successor; null for `__none__` or without names.").or_null(),
        ColumnSpec::number("people", "people", "People who live in both: who moved, or stayed, along the link; null without a population.").or_null(),
        ColumnSpec::number("area_m2", "m2", "Area that lies in both; 0 where only the declared table has the link, null for layers without shapes.").or_null(),
        ColumnSpec::number("forward_share", SHARE, "Share of the predecessor that went this way, on the basis of the succession; null for `__none__` or where the predecessor has no weight.").or_null(),
        ColumnSpec::number("backward_share", SHARE, "Share of the successor that came this way, on the basis of the succession; null for `__none__` or where the successor has no weight.").or_null(),
        ColumnSpec::text("type", "Change that the link is part of: unchanged, renamed, recoded, boundary_adjusted, merged, split, complex, new, abolished; transferred_part is a minor link's own row."),
        ColumnSpec::boolean("with_transfer", "Whether a body at either end also has a minor link (transferred_part)."),
        ColumnSpec::text("declared", "Comparison with the declared table: agree, declared_only, geometric_only; null without one.").or_null(),
        ColumnSpec::text("reason", "Reason stated in the declared table; null without one.").or_null(),
        ColumnSpec::text("from_layer", "Layer id of the predecessors."),
        ColumnSpec::text("to_layer", "Layer id of the successors."),
        ColumnSpec::date("date", "Day of the change; null where the config does not say.").or_null(),
        ColumnSpec::text("basis", "What the shares weigh: people where there are any, else area."),
        ColumnSpec::integer("pence", "pence", "Money of the predecessor that goes this way, split by people (by area where no one lives): links, and parts too small for one, sum to what it has. Null where that is not known.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year of that money: the last that budgets of the predecessors' layer state; null where they state none.").or_null(),
    ],
};

/// Table `merger_effect`.
pub static MERGER_EFFECT: TableSpec = TableSpec {
    name: "merger_effect",
    description: "One row per body, side and basis: what a succession or a proposal did to it. Lines: what it has in crossing parts. Partners: whom it must deal with. A body to itself: one-to-one pairs lost and won. Before is what its predecessors had, each by the share of it that came.",
    key: 4,
    columns: &[
        ColumnSpec::text("succession", "Succession or what-if id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::text("side", "health: the body is a successor. council: it is a council of the layer after."),
        ColumnSpec::text("code", "Code of the body."),
        ColumnSpec::text("name", "Name of the body; null where the layer has no names.").or_null(),
        ColumnSpec::text("class_before", "Class before (see table coterminosity); null where there was none or predecessors differ.")
            .or_null(),
        ColumnSpec::text("class_after", "Class after; null where there is none.").or_null(),
        ColumnSpec::number(
            "crossing_before",
            CROSSING,
            "What was in crossing parts (see table crossing): of a successor, what each predecessor had by the share of it that came. Null where there is no before, or people are not known.",
        )
        .or_null(),
        ColumnSpec::number("crossing_after", CROSSING, "What is in crossing parts after; null where people are not known.").or_null(),
        ColumnSpec::integer(
            "partners_before",
            "bodies",
            "Bodies of the other side to deal with before: pairs of the nearest nested arrangement, and crossing parts of at least `minor_people` or with a share of at least `significant` of either body. Of a successor, those of all its main predecessors. Null where there is no before, or people are not known.",
        )
        .or_null(),
        ColumnSpec::integer("partners_after", "bodies", "The same after; null where people are not known.").or_null(),
        ColumnSpec::text(
            "effect",
            "improved or worsened: by lines where crossing changes by more than `effect_people` and `effect_share` of the body, else by partners where their number changes; else neutral. Null where there is no before or after.",
        )
        .or_null(),
        ColumnSpec::text("effect_by", "What decided the effect: lines, partners or none. Null where the effect is.").or_null(),
        ColumnSpec::boolean(
            "pair_lost",
            "Whether a one-to-one match was lost: for a council its own, for a successor that of a main predecessor.",
        ),
        ColumnSpec::boolean("pair_won", "Whether a one-to-one match was won where there was none."),
        ColumnSpec::number(
            "jaccard_before",
            SHARE,
            "Best Jaccard before; for a successor the weighted mean over its predecessors. It decides nothing. Null where there is no before.",
        )
        .or_null(),
        ColumnSpec::number("jaccard_after", SHARE, "Best Jaccard after; it decides nothing. Null where there is no after.").or_null(),
        ColumnSpec::number(
            "health_effect",
            CROSSING,
            "Part of the change of crossing that the NHS side's change alone makes; null where the change is.",
        )
        .or_null(),
        ColumnSpec::number(
            "council_effect",
            CROSSING,
            "Part of the change of crossing that the councils' change alone makes; null where the change is.",
        )
        .or_null(),
        ColumnSpec::number("interaction", CROSSING, "The rest of the change of crossing; null where the change is.").or_null(),
        ColumnSpec::number("crossing_change", CROSSING, "crossing_after - crossing_before; null where either is.").or_null(),
        ColumnSpec::boolean(
            "effect_stable",
            "Whether the effect is the same at the bounds of what was measured, and every arrangement is proved; false where it is null.",
        ),
        ColumnSpec::number("people", "people", "People of the body after; null without a population.").or_null(),
    ],
};

/// Unit of what lies in crossing parts.
const CROSSING: &str = "people or m2";

/// Table `merger_headline`.
pub static MERGER_HEADLINE: TableSpec = TableSpec {
    name: "merger_headline",
    description: "One row an effect, side and basis: the headline of a succession or a proposal, how many bodies (side health) or councils (side council), with how many people, it improved, worsened, left as they were, or cannot be compared; and what was in crossing parts in all, before and after.",
    key: 4,
    columns: &[
        ColumnSpec::text("succession", "Succession or what-if id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::text("side", "health: successors are counted. council: councils of the layer after are."),
        ColumnSpec::text(
            "effect",
            "improved, worsened or neutral, as in table merger_effect; unknown where there is no before or no after.",
        ),
        ColumnSpec::integer("bodies", "bodies", "Bodies or councils with this effect."),
        ColumnSpec::number("share", SHARE, "`bodies` over those with a known effect; null for unknown, and where none is known.").or_null(),
        ColumnSpec::number("people", "people", "People of these bodies after; null without a population.").or_null(),
        ColumnSpec::number(
            "crossing_before",
            CROSSING,
            "In crossing parts before, of the whole map: the same in every row of a succession and basis. Null where people are not known.",
        )
        .or_null(),
        ColumnSpec::number("crossing_after", CROSSING, "In crossing parts after, of the whole map. Null where people are not known.")
            .or_null(),
        ColumnSpec::integer(
            "by_lines",
            "bodies",
            "Of `bodies`, those whose effect lines decided; the others' was decided by partners, or by nothing.",
        ),
        ColumnSpec::integer("parts_before", "parts", "Crossing parts before, of the whole map."),
        ColumnSpec::integer("parts_after", "parts", "Crossing parts after."),
        ColumnSpec::number(
            "health_effect",
            CROSSING,
            "Change of crossing that the NHS side's change alone makes, of the whole map; null where people are not known.",
        )
        .or_null(),
        ColumnSpec::number(
            "council_effect",
            CROSSING,
            "Change of crossing that the councils' change alone makes; null where people are not known.",
        )
        .or_null(),
        ColumnSpec::number("interaction", CROSSING, "The rest of the change of crossing; null where people are not known.").or_null(),
    ],
};

/// Table `history`.
pub static HISTORY: TableSpec = TableSpec {
    name: "history",
    description: "One row per body, vintage and succession that led to it, for vintages that the successions of a run tie together: what every place was called, and was part of, through all of them.",
    key: 5,
    columns: &[
        ColumnSpec::text("chain", "Layer ids that successions tie together, earlier ones first, separated by `;`."),
        ColumnSpec::text("place", "Bodies of all vintages that main links tie together: named after the smallest code of the place's first vintage, followed by `@` and that layer's id."),
        ColumnSpec::integer("step", "vintages", "Position of the vintage in the chain, from 1."),
        ColumnSpec::text("code", "Code of the body in this vintage."),
        ColumnSpec::text("succession", "Succession that led to this vintage; null in a vintage that none leads to.").or_null(),
        ColumnSpec::text("vintage", "Layer id."),
        ColumnSpec::date("date", "Day of that succession; null where the config does not say, or without one.").or_null(),
        ColumnSpec::text("name", "Name of the body; null without names.").or_null(),
        ColumnSpec::number("people", "people", "People of the body, by the population of the succession; null without one.").or_null(),
        ColumnSpec::text("type", "Change that made it, as in table succession; null without a succession. A body of several main links has one type.").or_null(),
        ColumnSpec::text("predecessor_codes", "Main predecessors in the vintage before, separated by `;`; null where it has none.").or_null(),
        ColumnSpec::text("transferred_from_codes", "Bodies of the vintage before that a part was transferred from, separated by `;`; null where there are none.").or_null(),
        ColumnSpec::text("successor_codes", "Main successors in the vintages after, separated by `;`; null where it has none or the chain ends here.").or_null(),
        ColumnSpec::text("undone_by", "For a body made from two or more predecessors: the succession that later divided it, or the body it became one to one, among two or more successors; null where none did. The earliest by step.").or_null(),
        ColumnSpec::text("restored_codes", "Of the predecessors of a merger later undone: those whose code or name a part has again after it, separated by `;`; null where none has.").or_null(),
        ColumnSpec::boolean("code_reused", "Whether the code stood for another area before in the chain: its area changed (Jaccard below 1 - `equal`) with this succession, or an earlier vintage had the code and the one just before had not."),
    ],
};

/// Table `merger_headline` of every succession and what-if proposal that has a council layer.
pub fn merger_headline(successions: &[Succession]) -> Table {
    let mut table = Table::new(&MERGER_HEADLINE);
    for succession in successions {
        for count in count_effects(&succession.effects) {
            let known = count.known();
            let lines = succession.lines.iter().find(|lines| lines.basis == count.basis);
            let integer = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            for (effect, tally) in count.tallies() {
                let share = (effect != "unknown" && known > 0).then(|| tally.bodies as f64 / known as f64);
                table.push([
                    Value::from(&succession.id),
                    count.basis.as_str().into(),
                    count.side.as_str().into(),
                    effect.into(),
                    integer(tally.bodies).into(),
                    share.into(),
                    // Nobody is 0 people only where people are known at all.
                    tally.people.filter(|_| succession.effects.iter().any(|effect| effect.people.is_some())).into(),
                    lines.and_then(|lines| lines.crossing_before).into(),
                    lines.and_then(|lines| lines.crossing_after).into(),
                    integer(tally.by_lines).into(),
                    integer(lines.map_or(0, |lines| lines.parts_before)).into(),
                    integer(lines.map_or(0, |lines| lines.parts_after)).into(),
                    lines.and_then(|lines| lines.health_effect).into(),
                    lines.and_then(|lines| lines.council_effect).into(),
                    lines.and_then(|lines| lines.interaction).into(),
                ]);
            }
        }
    }
    table.sorted()
}

/// Table `history` of every chain of vintages.
pub fn history(chains: &[Chain]) -> Table {
    let mut table = Table::new(&HISTORY);
    let list = |codes: &[String]| (!codes.is_empty()).then(|| codes.join(";"));
    for chain in chains {
        let layers = chain.layers.join(";");
        for row in &chain.rows {
            table.push([
                Value::from(&layers),
                Value::from(&row.place),
                i64::try_from(row.step).unwrap_or(i64::MAX).into(),
                Value::from(&row.code),
                row.succession.as_deref().into(),
                Value::from(&row.vintage),
                row.date.into(),
                row.name.as_deref().into(),
                row.people.into(),
                row.kind.map(|kind| kind.as_str()).into(),
                list(&row.predecessors).as_deref().into(),
                list(&row.transferred_from).as_deref().into(),
                list(&row.successors).as_deref().into(),
                row.undone_by.as_deref().into(),
                list(&row.restored).as_deref().into(),
                row.code_reused.into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `succession` of every succession and what-if proposal.
pub fn succession(successions: &[Succession]) -> Table {
    let mut table = Table::new(&SUCCESSION);
    for succession in successions {
        let relation = &succession.relation;
        for link in &succession.links {
            let from = link.from.and_then(|body| relation.left.get(body));
            let to = link.to.and_then(|body| relation.right.get(body));
            table.push([
                Value::from(&succession.id),
                from.map_or(NONE, |body| body.code.as_str()).into(),
                to.map_or(NONE, |body| body.code.as_str()).into(),
                from.and_then(|body| body.name.as_deref()).into(),
                to.and_then(|body| body.name.as_deref()).into(),
                link.people.into(),
                succession.relation.land(link.area_m2).into(),
                link.forward_share.into(),
                link.backward_share.into(),
                link.kind.as_str().into(),
                link.with_transfer.into(),
                link.declared.map(|declared| declared.as_str()).into(),
                link.reason.as_deref().into(),
                Value::from(&succession.from_layer),
                Value::from(&succession.to_layer),
                succession.date.into(),
                succession.basis.as_str().into(),
                link.pence.into(),
                succession.fiscal_year.as_deref().into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `merger_effect` of every succession and what-if proposal that has a council layer.
pub fn merger_effect(successions: &[Succession]) -> Table {
    let mut table = Table::new(&MERGER_EFFECT);
    let count = |number: Option<usize>| number.and_then(|number| i64::try_from(number).ok());
    for succession in successions {
        for effect in &succession.effects {
            table.push([
                Value::from(&succession.id),
                effect.basis.as_str().into(),
                effect.side.as_str().into(),
                Value::from(&effect.code),
                effect.name.as_deref().into(),
                effect.class_before.map(|class| class.as_str(effect.side)).into(),
                effect.class_after.map(|class| class.as_str(effect.side)).into(),
                effect.crossing_before.into(),
                effect.crossing_after.into(),
                count(effect.partners_before).into(),
                count(effect.partners_after).into(),
                effect.effect.map(|kind| kind.as_str()).into(),
                effect.effect_by.map(|by| by.as_str()).into(),
                effect.pair_lost.into(),
                effect.pair_won.into(),
                effect.jaccard_before.into(),
                effect.jaccard_after.into(),
                effect.health_effect.into(),
                effect.council_effect.into(),
                effect.interaction.into(),
                effect.crossing_change().into(),
                effect.effect_stable.into(),
                effect.people.into(),
            ]);
        }
    }
    table.sorted()
}
