"""What is true of visits on their civil days, in one statement: locked for the rules, unlocked for a phone's days."""

_ROWS = "SELECT * FROM visit WHERE id = ANY($1::uuid[]) ORDER BY id"

_DATED = """
SELECT v.id, v.elder, v.household, v.provider, h.area, v.kind, v.service_type, v.content, v.service_day,
  v.window_start, v.window_end, v.min_minutes, v.max_minutes, v.carers_needed, v.op_state, v.verify_state,
  v.settle_state, v.grade, v.holds, v.hold_codes, v.started_at, v.ended_at, v.reason,
  v.kind = 'adhoc' AND v.created_by IS NULL AND NOT EXISTS (SELECT FROM assignment a WHERE a.visit = v.id) AS walk_in,
  array(SELECT a.caregiver FROM assignment a WHERE a.visit = v.id AND a.ended_at IS NULL) AS assigned,
  i.id IS NOT NULL AS item_in_plan, i.content AS item_content, i.max_per_month, i.state AS plan_state,
  CASE WHEN i.max_per_month IS NULL THEN 0 ELSE (
    SELECT count(*) FROM visit o WHERE o.elder = v.elder AND o.id <> v.id AND o.started_at IS NOT NULL
      AND o.provider = v.provider AND o.service_type = i.service_type AND o.content = i.content
      AND o.service_day >= date_trunc('month', v.service_day)::date
      AND o.service_day < (date_trunc('month', v.service_day) + interval '1 month')::date
      AND o.op_state IN ('in_progress', 'completed', 'unclosed')) END AS month_used,
  EXISTS (SELECT FROM service_agreement s WHERE s.elder = v.elder AND s.provider = v.provider
    AND s.valid_from <= v.service_day AND (s.valid_to IS NULL OR v.service_day < s.valid_to)
    AND (s.signed_on IS NULL OR s.signed_on <= v.service_day)) AS agreement,
  h.lat IS NOT NULL AS point, c.service_types AS contracted_types,
  COALESCE(c.coverage_areas && ARRAY[h.area, ar.parent], false) AS in_area,
  (SELECT st.status FROM provider_standing st WHERE st.provider = v.provider AND st.valid_from <= v.service_day
    AND (st.valid_to IS NULL OR v.service_day < st.valid_to) ORDER BY st.recorded_at DESC LIMIT 1) AS standing,
  p.licence_until,
  array(SELECT es.kind FROM elder_status es WHERE es.elder = v.elder AND es.valid_from <= v.service_day
    AND (es.valid_to IS NULL OR v.service_day < es.valid_to)) AS elder_statuses
FROM v
JOIN household h ON h.id = v.household
JOIN area ar ON ar.id = h.area
JOIN provider p ON p.id = v.provider
LEFT JOIN LATERAL (
  SELECT pi.id, pi.max_per_month, pi.service_type, pi.content,
    (SELECT ps.state FROM plan_state ps WHERE ps.plan = pi.plan AND ps.valid_from <= v.service_day
      AND (ps.valid_to IS NULL OR v.service_day < ps.valid_to) ORDER BY ps.recorded_at DESC LIMIT 1) AS state
  FROM plan_item pi
  WHERE pi.id = COALESCE(v.plan_item, (
      -- An order of the office has no item of its own: the elder's item of this type with this provider covers it.
      SELECT oi.id FROM care_plan cp JOIN plan_item oi ON oi.plan = cp.id
      WHERE cp.elder = v.elder AND oi.service_type = v.service_type AND oi.provider = v.provider
        AND oi.valid_from <= v.service_day AND v.service_day < oi.valid_to
      ORDER BY oi.content = v.content DESC, cp.version DESC LIMIT 1))
    AND pi.valid_from <= v.service_day AND v.service_day < pi.valid_to
) i ON true
LEFT JOIN LATERAL (
  SELECT ca.service_types, ca.coverage_areas FROM cooperation_agreement ca
  WHERE ca.provider = v.provider AND ca.signed_a_on IS NOT NULL AND ca.signed_b_on IS NOT NULL
    AND GREATEST(ca.valid_from, ca.signed_a_on, ca.signed_b_on) <= v.service_day
    AND (ca.valid_to IS NULL OR v.service_day < ca.valid_to)
  ORDER BY ca.recorded_at DESC LIMIT 1
) c ON true
ORDER BY v.id
"""

VISITS = f"WITH v AS MATERIALIZED ({_ROWS} FOR NO KEY UPDATE) {_DATED}"
"""For a pass over events: nobody else moves these visits until it ends."""

VISITS_READ = f"WITH v AS MATERIALIZED ({_ROWS}) {_DATED}"
"""For reading only."""
