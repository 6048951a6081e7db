"""Areas, providers, their standing and their cooperation agreements with the subdistricts."""

from piccolo.columns import UUID, Array, Bytea, Date, DoublePrecision, Text
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words


class Area(Table, tablename="area"):
    """A node of the area tree; level is `district`, `subdistrict` or `community`."""

    id = row_id()
    level = words()
    name = words()
    kind = words(null=True)  # 街道 or 地区
    parent = reference("self", null=True)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)


class Provider(Table, tablename="provider"):
    """A contracted service organisation (party B)."""

    id = row_id()
    name = words(unique=True)
    uscc = words(unique=True)
    legal_kind = words()  # public_institution, enterprise, social_org
    site_kind = words()  # care_centre, station, community_health, housekeeping, catering, other
    area = reference(Area)
    contact_name = words(null=True)
    contact_phone = Bytea(null=True, default=None)  # sealed
    licence_until = Date(null=True, default=None)
    created_at = instant()


class ProviderStanding(Table, tablename="provider_standing"):
    """Dated standing: active, under_rectification, suspended, disqualified, delisted, barred. No row means active."""

    id = row_id()
    provider = reference(Provider)
    status = words()
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)  # half-open
    reason = words(null=True)
    recorded_at = instant()


class CooperationAgreement(Table, tablename="cooperation_agreement"):
    """Party A and party B: which types, in which areas, from when to when. In force from the later signature."""

    id = row_id()
    provider = reference(Provider)
    service_types = Array(base_column=Text(), default=list)
    coverage_areas = Array(base_column=UUID(), default=list)  # area ids; a parent covers its children
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)  # half-open
    signed_a_on = Date(null=True, default=None)
    signed_b_on = Date(null=True, default=None)
    recorded_at = instant()
