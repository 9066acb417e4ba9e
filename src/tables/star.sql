-- A star schema over the views of views.sql, for Power BI, Excel, Tableau and whatever wants one key a relationship.
-- After views.sql, in the folder of the run: duckdb -init views.sql -c ".read star.sql". From anywhere: coterminous views OUT --star | duckdb FILE.db
--
--   dim_alignment    (alignment_key)   one row an alignment: which NHS bodies over which councils; and one a succession that flags are about
--   dim_body         (body_key)        one row an alignment and NHS body;  1 alignment : n bodies
--   dim_council      (council_key)     one row an alignment and council;   1 alignment : n councils
--   dim_place        (place_key)       one row an alignment and component of bodies and councils
--   dim_service      (service_key)     one row a service
--   dim_fiscal_year  (fiscal_year_key) one row a fiscal year, with its days
--   dim_rule         (rule_key)        one row a rule that fired
--   fact_overlap, fact_money, fact_pair_money, fact_obstruction, fact_merger, fact_what_if, fact_what_if_obstruction: people, pounds, flags,
--   mergers, proposals; one row as said at each
--
-- Every key of a fact finds one row of its dimension, so relationships are many to one, single direction. What lies in no body or council, or
-- can be given to none, is a row of dim_body and dim_council of its own (`is_place` false). Where a line states no service or year, or a flag is about
-- none, the key is '(none)'; facts that are not known stay null.

CREATE SCHEMA IF NOT EXISTS star;

CREATE OR REPLACE VIEW star.dim_alignment AS
WITH side AS (SELECT alignment, left_layer, right_layer FROM overlap GROUP BY ALL),
     kind AS (SELECT layer, min(kind) AS kind FROM area GROUP BY layer),
     headline AS (SELECT alignment, max(share) FILTER (WHERE side = 'health') AS health_share,
                         max(share) FILTER (WHERE side = 'council') AS council_share
                  FROM rate WHERE definition = 'strict' AND basis = 'area' AND equal = 0.02 GROUP BY alignment)
SELECT side.alignment AS alignment_key, side.alignment, left_layer AS health_layer, right_layer AS council_layer,
       health.kind AS health_kind, council.kind AS council_kind,
       health_share AS coterminous_share_of_health_by_area, council_share AS coterminous_share_of_councils_by_area
FROM side
LEFT JOIN kind AS health ON health.layer = left_layer
LEFT JOIN kind AS council ON council.layer = right_layer
LEFT JOIN headline ON headline.alignment = side.alignment
UNION ALL
SELECT other, other, NULL, NULL, NULL, NULL, NULL, NULL
FROM (SELECT DISTINCT alignment AS other FROM obstruction WHERE alignment NOT IN (SELECT alignment FROM overlap) UNION ALL SELECT '(none)');

-- Both sides' bodies of every alignment, with what they are by area and by people.
CREATE OR REPLACE VIEW star.side_body AS
SELECT a.alignment, a.side, a.code, a.name, layer.layer, area.kind, area.area_m2 / 1e6 AS area_km2,
       a.class AS class_by_area, p.class AS class_by_people, a.class_stable AS class_by_area_stable,
       coalesce(p.main_partner, a.main_partner) AS main_partner, coalesce(p.main_partner_name, a.main_partner_name) AS main_partner_name,
       coalesce(p.main_share, a.main_share) AS main_share, coalesce(p.component, a.component) AS component
FROM coterminosity AS a
LEFT JOIN coterminosity AS p ON p.alignment = a.alignment AND p.side = a.side AND p.code = a.code AND p.basis = 'people'
JOIN (SELECT alignment, 'health' AS side, left_layer AS layer FROM overlap GROUP BY ALL
      UNION ALL SELECT alignment, 'council', right_layer FROM overlap GROUP BY ALL) AS layer ON layer.alignment = a.alignment AND layer.side = a.side
JOIN area ON area.layer = layer.layer AND area.code = a.code
WHERE a.basis = 'area';

CREATE OR REPLACE VIEW star.dim_body AS
SELECT alignment || '|' || code AS body_key, alignment AS alignment_key, code, coalesce(name, code) AS body, layer, kind, area_km2, class_by_area,
       class_by_people, class_by_area_stable, main_partner AS main_council_code, main_partner_name AS main_council, main_share,
       alignment || '|' || component AS place_key, true AS is_place
FROM star.side_body WHERE side = 'health'
UNION ALL
SELECT alignment_key || '|' || other.code, alignment_key, other.code, other.body, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false
FROM star.dim_alignment,
     (VALUES ('__outside__', '(in no NHS body)'), ('__unallocated__', '(no area can be given)'), ('(none)', '(none)')) AS other(code, body);

CREATE OR REPLACE VIEW star.dim_council AS
SELECT alignment || '|' || code AS council_key, alignment AS alignment_key, code, coalesce(name, code) AS council, layer, kind, area_km2,
       class_by_area, class_by_people, class_by_area_stable, main_partner AS main_body_code, main_partner_name AS main_body, main_share,
       alignment || '|' || component AS place_key, true AS is_place
FROM star.side_body WHERE side = 'council'
UNION ALL
SELECT alignment_key || '|' || other.code, alignment_key, other.code, other.council, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false
FROM star.dim_alignment,
     (VALUES ('__outside__', '(in no council)'), ('__unallocated__', '(no area can be given)'), ('(none)', '(none)')) AS other(code, council);

CREATE OR REPLACE VIEW star.dim_place AS
SELECT alignment || '|' || component AS place_key, alignment AS alignment_key, component, kind, n_health, n_council, health_names, council_names, rank,
       people, obstructions, high, people_exposed, pence_exposed / 100 AS pounds_exposed, change AS best_change, change_removes,
       crossing, crossing_parts, crossing_pence / 100 AS crossing_pounds, change_affected, change_crossing
FROM place;

CREATE OR REPLACE VIEW star.dim_service AS
SELECT DISTINCT coalesce(service, '(none)') AS service_key, coalesce(service, '(none)') AS service
FROM (SELECT service FROM budget_line UNION ALL SELECT service FROM budget_apportioned UNION ALL SELECT service FROM budget_alignment
      UNION ALL SELECT service FROM obstruction UNION ALL SELECT NULL);

-- The days of an English fiscal year, 1 April to 31 March, where the year is written as '2011-12'.
CREATE OR REPLACE VIEW star.dim_fiscal_year AS
SELECT year AS fiscal_year_key, year AS fiscal_year,
       CASE WHEN regexp_matches(year, '^\d{4}-\d{2}$') THEN make_date(CAST(year[1:4] AS BIGINT), 4, 1) END AS starts_on,
       CASE WHEN regexp_matches(year, '^\d{4}-\d{2}$') THEN make_date(CAST(year[1:4] AS BIGINT) + 1, 3, 31) END AS ends_on
FROM (SELECT DISTINCT coalesce(fiscal_year, '(none)') AS year
      FROM (SELECT fiscal_year FROM budget_line UNION ALL SELECT fiscal_year FROM budget_alignment
            UNION ALL SELECT fiscal_year FROM obstruction UNION ALL SELECT NULL));

CREATE OR REPLACE VIEW star.dim_rule AS
SELECT obstruction_id AS rule_key, min(title) AS title, min(family) AS family FROM obstruction GROUP BY obstruction_id;

-- One row a pair, and one an uncovered part of a body or council: people and area add up within an alignment.
CREATE OR REPLACE VIEW star.fact_overlap AS
SELECT alignment AS alignment_key, alignment || '|' || left_code AS body_key, alignment || '|' || right_code AS council_key,
       area_m2 / 1e6 AS area_km2, people, people_low, people_high, share_left_people, share_right_people, share_left_area, share_right_area,
       boundary_m, sliver, significant
FROM overlap;

-- One row a part of a known budget line, in the alignments whose body it is of: pounds add up within an alignment and a side (payer).
-- is_outside_main: the part is not for the payer's main partner; null where that is not known.
CREATE OR REPLACE VIEW star.fact_money AS
SELECT b.alignment AS alignment_key, b.side AS payer, b.budget, b.source_row,
       b.alignment || '|' || CASE WHEN b.side = 'health' THEN payer_code ELSE b.partner_code END AS body_key,
       b.alignment || '|' || CASE WHEN b.side = 'council' THEN payer_code ELSE b.partner_code END AS council_key,
       coalesce(b.service, '(none)') AS service_key, coalesce(b.fiscal_year, '(none)') AS fiscal_year_key,
       b.mechanism, b.amount_pence, b.amount_pence / 100 AS pounds, b.partner_code <> own.main_partner AS is_outside_main
FROM (SELECT m.*, CASE WHEN known.code IS NULL THEN '__unallocated__' ELSE m.code END AS payer_code
      FROM budget_apportioned AS m
      LEFT JOIN star.side_body AS known ON known.alignment = m.alignment AND known.side = m.side AND known.code = m.code) AS b
LEFT JOIN star.side_body AS own ON own.alignment = b.alignment AND own.side = b.side AND own.code = b.code;

-- One row a pair, service and fiscal year: what both sides spend on the people of the pair.
CREATE OR REPLACE VIEW star.fact_pair_money AS
SELECT alignment AS alignment_key, alignment || '|' || left_code AS body_key, alignment || '|' || right_code AS council_key,
       coalesce(service, '(none)') AS service_key, coalesce(fiscal_year, '(none)') AS fiscal_year_key,
       health_pence / 100 AS health_pounds, council_pence / 100 AS council_pounds, pooled_pence / 100 AS pooled_pounds,
       outside_main_pence / 100 AS outside_main_pounds, level_gap
FROM budget_alignment;

-- One row a flag. People and pounds of several flags overlap: count flags, rank by people, but do not add people or pounds up; dim_place has
-- them once. Flags about the data have no alignment.
CREATE OR REPLACE VIEW star.fact_obstruction AS
SELECT coalesce(o.alignment, '(none)') AS alignment_key, o.obstruction_id AS rule_key,
       coalesce(o.alignment, '(none)') || '|' || coalesce(CASE WHEN body.side = 'health' THEN o.subject_code END,
                                                          CASE WHEN other.side = 'health' THEN o.partner_code END, '(none)') AS body_key,
       coalesce(o.alignment, '(none)') || '|' || coalesce(CASE WHEN body.side = 'council' THEN o.subject_code END,
                                                          CASE WHEN other.side = 'council' THEN o.partner_code END, '(none)') AS council_key,
       coalesce(o.service, '(none)') AS service_key, coalesce(o.fiscal_year, '(none)') AS fiscal_year_key, o.obstruction_key,
       o.severity, CASE o.severity WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END AS severity_rank,
       o.subject_code, o.subject_name, o.partner_code, o.metric, o.value, o.threshold, o.unit, o.people, o.pence / 100 AS pounds, o.confidence,
       o.message
FROM obstruction AS o
LEFT JOIN star.side_body AS body ON body.alignment = o.alignment AND body.side = o.subject_side AND body.code = o.subject_code
LEFT JOIN star.side_body AS other ON other.alignment = o.alignment AND other.side <> o.subject_side AND other.code = o.partner_code;

-- One row a body or council, basis and succession: what mergers and proposals did to its lines, its partners and its one-to-one match.
CREATE OR REPLACE VIEW star.fact_merger AS
SELECT succession, basis, side, code, coalesce(name, code) AS name, class_before, class_after, crossing_before, crossing_after, crossing_change,
       partners_before, partners_after, effect, effect_by, pair_lost, pair_won, jaccard_before, jaccard_after, people
FROM merger_effect;

-- One row a figure of a proposal, before and after.
CREATE OR REPLACE VIEW star.fact_what_if AS
SELECT proposal, alignment, measure, basis, unit, before, after, change
FROM what_if;

-- One row an obstruction that a proposal removes, brings or keeps.
CREATE OR REPLACE VIEW star.fact_what_if_obstruction AS
SELECT proposal, alignment, obstruction_key, state, obstruction_id, severity,
       CASE severity WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 ELSE 1 END AS severity_rank,
       severity_before, subject_code, subject_name, partner_code, people, pence / 100 AS pounds, message
FROM what_if_obstruction;
