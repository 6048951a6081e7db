"""Households with their printed codes, elders with their dated statuses and family contacts."""

from piccolo.columns import UUID, Array, Bytea, Date, DoublePrecision, Integer, Timestamptz
from piccolo.table import Table

from doorstep.db.tables.base import instant, reference, row_id, words
from doorstep.db.tables.organisations import Area, Provider
from doorstep.db.tables.people import Account


class Household(Table, tablename="household"):
    """A home. The point is WGS-84; what the office gave, and in which system, is kept beside it."""

    id = row_id()
    area = reference(Area)  # subdistrict
    community = words(null=True)
    address = Bytea(default=None)  # sealed
    address_fingerprint = Bytea(default=None, unique=True)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    source_lat = DoublePrecision(null=True, default=None)
    source_lon = DoublePrecision(null=True, default=None)
    coord_system = words(null=True)  # wgs84, gcj02, bd09
    point_accuracy_m = DoublePrecision(null=True, default=None)  # as the phone said that set it on the spot
    point_set_by = reference(Account, null=True)
    point_set_at = instant(null=True)
    geofence_m = Integer(default=200)
    access_notes = words(null=True)
    created_at = instant()


class HouseholdCode(Table, tablename="household_code"):
    """A printed code: only hashes are stored. At most one that is not revoked for each household."""

    id = row_id()
    household = reference(Household)
    token_sha256 = Bytea(default=None, unique=True)
    short_code_fingerprint = Bytea(default=None, unique=True)
    version = Integer(default=1)
    issued_at = instant()
    issued_by = reference(Account, null=True)
    revoked_at = instant(null=True)
    revoked_by = reference(Account, null=True)


class CodeGuess(Table, tablename="code_guess"):
    """When a phone lately gave a code that does not exist: a short code can be guessed, so wrong ones are counted."""

    id = UUID(primary_key=True, default=None)  # of the device
    wrong_at = Array(base_column=Timestamptz(), default=list)


class Elder(Table, tablename="elder"):
    """The person served."""

    id = row_id()
    household = reference(Household)
    name = Bytea(default=None)  # sealed
    initials = words()  # pinyin initials, for search
    id_number = Bytea(default=None)  # sealed
    id_fingerprint = Bytea(default=None, unique=True)
    birth_date = Date(default=None)
    sex = words()  # female, male
    phone = Bytea(null=True, default=None)  # sealed
    hukou = words(null=True)  # as the office writes it: 朝阳区
    agreement_signed_on = Date(null=True, default=None)
    created_at = instant()


class ElderStatus(Table, tablename="elder_status"):
    """A dated fact about an elder, with the time it became known: notices of death and admission arrive late.

    Kinds: minimum_allowance, low_income, special_support, fp_hardship, fp_special_hardship, ability (level intact,
    mild, moderate, severe, total), dementia, disability (level 1 to 4), living_alone, model_worker, disabled_on_duty,
    disabled_brave_act, welfare_institution, hospital_stay, respite_stay, away, home_care_bed, deceased.
    """

    id = row_id()
    elder = reference(Elder)
    kind = words()
    level = words(null=True)
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)  # half-open
    source = words(null=True)
    recorded_at = instant()
    recorded_by = reference(Account, null=True)


class FamilyContact(Table, tablename="family_contact"):
    """A relative as the office knows them."""

    id = row_id()
    elder = reference(Elder)
    name = Bytea(default=None)  # sealed
    phone = Bytea(null=True, default=None)  # sealed
    relation = words(null=True)


class ServiceAgreement(Table, tablename="service_agreement"):
    """Elder and provider: in force on [valid_from, valid_to)."""

    id = row_id()
    elder = reference(Elder)
    provider = reference(Provider)
    signed_on = Date(null=True, default=None)
    valid_from = Date(default=None)
    valid_to = Date(null=True, default=None)
    recorded_at = instant()
